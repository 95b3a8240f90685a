import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { serverIn } from '#db/model.ts';
import { type CloudMachine, type MachineSpec, type Provider, sameOwner } from '#queues/ports/provider.ts';
import type { Asking, Vpn } from '#queues/ports/vpn.ts';

/** A cloud in the worker's own process, so that a drain measures the worker and not the cloud. */
export interface BenchCloud extends Provider {
  /** The number of machines that were ordered. */
  ordered(): number;
  /** Orders for a name whose machine exists, or is being made. */
  doubled(): number;
  /** The time of the first call for each server that has a machine, in ms since 1970. */
  readonly firstCallAt: ReadonlyMap<string, number>;
  /** The number of calls of each operation. */
  readonly calls: Readonly<Record<string, number>>;
}

export interface BenchCloudOptions {
  /** How long an order takes, in ms; the machine runs once it is answered. */
  readonly workMs: number;
  /** Called with each new machine, before its order is answered. */
  readonly onOrder?: (machine: CloudMachine, spec: MachineSpec) => Promise<void>;
}

export function benchCloud({ workMs, onOrder }: BenchCloudOptions): BenchCloud {
  const machines = new Map<string, CloudMachine>();
  const ordered = new Set<string>();
  const firstCallAt = new Map<string, number>();
  const calls: Record<string, number> = {};
  // Every real call takes at least a turn of the event loop.
  const call = async (operation: string) => {
    calls[operation] = (calls[operation] ?? 0) + 1;
    await nextTurn();
  };
  let made = 0;
  let doubled = 0;
  const order = async (spec: MachineSpec) => {
    made += 1;
    if (ordered.has(spec.name)) doubled += 1;
    ordered.add(spec.name);
    const machine = machineOf(spec, made);
    if (workMs > 0) await delay(workMs);
    await onOrder?.(machine, spec);
    machines.set(machine.id, machine);
    byName.set(machine.name, machine);
    return machine;
  };
  const byName = new Map<string, CloudMachine>();
  const noteFirstCall = (serverId: string) => {
    if (!firstCallAt.has(serverId)) firstCallAt.set(serverId, performance.timeOrigin + performance.now());
  };
  return {
    name: 'simulator',
    images: ['debian-13'],
    listLagMs: 1,
    shownWithinMs: 1,
    listIntervalMs: () => 5_000,
    hurriedListIntervalMs: () => 500,
    account: async () => call('account').then(() => 'bench'),
    list: async () => call('list').then(() => [...machines.values()]),
    findNamed: async (name) => {
      noteFirstCall(serverIn(name)?.id ?? '');
      await call('findNamed');
      const found = byName.get(name);
      return found ? [found] : [];
    },
    find: async (name, owner) => {
      noteFirstCall(owner.serverId);
      await call('find');
      const found = byName.get(name);
      return found && sameOwner(found.owner, owner) ? [found] : [];
    },
    get: async (id) => call('get').then(() => machines.get(id) ?? null),
    create: async (spec) => call('create').then(() => order(spec)),
    remove: async (id) => {
      await call('remove');
      const removed = machines.get(id);
      if (!removed) return;
      machines.delete(id);
      byName.delete(removed.name);
      ordered.delete(removed.name);
      firstCallAt.delete(removed.owner?.serverId ?? '');
    },
    forgetUserData: async (id) => call('forgetUserData').then(() => machines.get(id) ?? null),
    forgetOwner: null,
    catalogue: async () => call('catalogue').then(() => offer),
    ordered: () => made,
    doubled: () => doubled,
    firstCallAt,
    calls,
  };
}

const offer = {
  locations: [
    { id: 'ewr', city: 'New Jersey', country: 'US' },
    { id: 'ams', city: 'Amsterdam', country: 'NL' },
  ],
  plans: [{ id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ewr', 'ams'] }],
};

/** Each machine has an address of its own on the loopback interface, so that it can answer handshakes. */
function machineOf({ name, owner, location, plan }: MachineSpec, number: number): CloudMachine {
  const [high, middle, low] = [20 + (number >> 16), (number >> 8) & 255, number & 255];
  const ipv4 = `127.${high}.${middle}.${low}`;
  const id = `vps-${number}`;
  return { id, name, owner, location, plan, state: 'running', ipv4, ipv6: null, createdAt: new Date() };
}

const answered: Asking = {
  answered: Promise.resolve(),
  firstLeft: Promise.resolve(true),
  lack: () => '',
  blocked: () => null,
  blockedMs: () => 0,
};

/** The VPN of a cloud whose machines answer at once. */
export const answeringVpn: Vpn = {
  of: () => ({ userData: () => '#cloud-config\n{}\n', ask: () => answered }),
};
