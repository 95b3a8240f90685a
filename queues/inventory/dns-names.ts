import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { Machine } from '#db/tables.ts';
import { addressesOf } from '#queues/jobs/steps/dns-name.ts';
import { concernsOneName, type Dns, DnsError } from '#queues/ports/dns.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import type { InventoryDeps } from './inventory.ts';

/** A sixteenth of what Cloudflare allows, with a pass each 20 s. */
const looksPerPass = 5;
const passMs = 20_000;

/** A worker that was frozen while its server was destroyed writes what it had in hand when it wakes. */
const lateWriteMs = 24 * 60 * 60_000;

/**
 * Goes round the running servers and those destroyed lately, a few in each pass. A name that does not point at its server's
 * machine is pointed there: of a server that was sold before names were kept, or whose name a late write has changed, or
 * a person; so is one that is proxied, or kept by clients for longer. One that points at a machine of a destroyed server is cleared of it.
 */
export async function checkNames(
  deps: InventoryDeps,
  rows: readonly MachineWithServer[],
  listing: readonly CloudMachine[],
  signal: AbortSignal,
): Promise<void> {
  const { dns, store, log, now } = deps;
  if (!dns) return;
  const isUp = new Set(listing.filter(({ state }) => state === 'running').map(({ id }) => id));
  const inService = rows.filter(
    ({ machine, server }) =>
      machine.state === 'current' && server.status === 'running' && isUp.has(machine.providerId ?? ''),
  );
  const destroyed = await store.readDestroyed(new Date(now().getTime() - lateWriteMs));
  const checks = [
    ...inService.map((row) => () => checkName(deps, dns, row, signal)),
    ...[...Map.groupBy(destroyed, ({ server }) => server.hostname)].map(
      ([hostname, ofServer]) =>
        () =>
          clearName(deps, dns, { hostname, machines: ofServer.map(({ machine }) => machine) }, signal),
    ),
  ];
  for (const check of turnOf(checks, now())) {
    const error = await check().catch(dnsErrorIn);
    if (error) log.warn({ error: error.message }, 'A name cannot be looked at now');
    if (error && !concernsOneName(error)) return;
  }
}

/** Throws what is none. */
function dnsErrorIn(error: unknown): DnsError {
  if (error instanceof DnsError) return error;
  throw error;
}

/** Those whose turn it is at this time, so that nobody has to remember who was the last. */
function turnOf<T>(all: readonly T[], now: Date): readonly T[] {
  const from = (Math.floor(now.getTime() / passMs) * looksPerPass) % Math.max(all.length, 1);
  return [...all.slice(from), ...all.slice(0, from)].slice(0, looksPerPass);
}

async function checkName(deps: InventoryDeps, dns: Dns, row: MachineWithServer, signal: AbortSignal): Promise<void> {
  const { server, machine } = row;
  const { ipv4, ipv6 } = machine;
  if (ipv4 === null) return;
  const now = await deps.store.readServer(server.id);
  if (now?.server.status !== 'running' || now.machine?.id !== machine.id) return;
  if (await dns.point(server.hostname, { ipv4, ipv6 }, signal))
    deps.log.warn({ hostname: server.hostname, ipv4, ipv6 }, 'A name did not point at its machine; it is mended');
}

async function clearName(
  { log }: InventoryDeps,
  dns: Dns,
  { hostname, machines }: { hostname: string; machines: readonly Machine[] },
  signal: AbortSignal,
): Promise<void> {
  if (await dns.clear(hostname, machines.flatMap(addressesOf), signal))
    log.warn({ hostname }, "A destroyed server's name had an address still; it is cleared");
}
