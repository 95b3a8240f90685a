import { losesMachines } from '#db/model.ts';
import type { InventoryRow, MachineWithServer } from '#db/reads/inventory.ts';
import { KeptError, type NameTarget, pointNameAway } from '#queues/jobs/steps/dns-name.ts';
import { concernsOneName, DnsError } from '#queues/ports/dns.ts';
import { type CloudMachine, ProviderError, sameOwner } from '#queues/ports/provider.ts';
import { type Comparison, whyRemovable } from './compare.ts';
import { type Pass, recordRemoval } from './pass.ts';
import { turnOf } from './turn-of.ts';

const maxRemovalsPerPass = 5;
/** A pass has limited time. The next passes read the others. */
const maxReadsPerPass = 50;

/** A machine that nobody needs, and that stays because its server's name cannot be pointed elsewhere. */
export interface Kept {
  readonly machine: CloudMachine;
  readonly why: string;
}

interface Removals {
  /** Ids. */
  readonly removed: readonly string[];
  /** The machines that stay because of their server's name. */
  readonly kept: readonly Kept[];
  /** The names of the machines whose turn comes in a later pass. */
  readonly untried: ReadonlySet<string>;
}

/**
 * Removes some of the machines that may be removed without a person. A machine that cannot be removed now does not hold
 * back the others.
 */
export async function removeSome(pass: Pass, { removable }: Pick<Comparison, 'removable'>): Promise<Removals> {
  const removed: string[] = [];
  const kept: Kept[] = [];
  const untried = new Map(removable.map(({ machine: { id, name } }) => [id, name]));
  for (const { machine } of turnOf(removable, maxReadsPerPass, pass.now())) {
    if (removed.length === maxRemovalsPerPass) break;
    untried.delete(machine.id);
    const end = await removeOne(pass, machine).catch((error: unknown) => expectedError(error));
    if (end === 'removed') removed.push(machine.id);
    if (!(end instanceof Error)) continue;
    logNotRemoved(pass, machine, end);
    if (!(end instanceof ProviderError)) kept.push({ machine, why: end.message });
    // Each of the other removals would fail in the same way, and take time.
    if (!concernsOneMachine(end)) break;
  }
  return { removed, kept, untried: new Set(untried.values()) };
}

function logNotRemoved({ log }: Pass, { id, name }: CloudMachine, error: Error): void {
  log.warn(
    { event: 'machine-removal-failed', machine: name, providerId: id, error: error.message },
    'Could not remove a machine',
  );
}

/** Returns an error that can keep a machine from being removed. Throws any other. */
function expectedError(error: unknown): ProviderError | DnsError | KeptError {
  if (error instanceof DnsError || error instanceof KeptError || error instanceof ProviderError) return error;
  throw error;
}

/** false: the removal of any other machine would fail too. */
function concernsOneMachine(error: Error): boolean {
  if (error instanceof ProviderError) return error.fault !== 'not-allowed' && error.fault !== 'rate-limited';
  return !(error instanceof DnsError) || concernsOneName(error);
}

/** Reads row and tag again right before the delete: both may have changed since the listing. */
async function removeOne(pass: Pass, machine: CloudMachine): Promise<'removed' | 'left'> {
  const { store, provider, installation, listedIds, now, log, signal } = pass;
  const labelled = await provider.get(machine.id, signal);
  const row = await store.readMachine(machine.name);
  const because = row && whyRemovable(machine, row, { listedIds, now: now() });
  if (!row || !because || labelled?.name !== machine.name) return 'left';
  if (!sameOwner(labelled.owner, { installation, serverId: row.server.id })) return 'left';
  await pointNameAway(await nameTargetFor(pass, row), machine);
  log.warn(
    { event: 'machine-removal-started', machine: machine.name, providerId: machine.id, because },
    'Removing a machine that nobody needs',
  );
  await provider.remove(machine.id, signal);
  await recordRemoval(pass, machine, { because, serverId: row.server.id });
  return 'removed';
}

/** The name must point at the current machine of the rows. The checkpoint reads the rows again before each change. */
async function nameTargetFor(pass: Pass, { server }: MachineWithServer): Promise<NameTarget> {
  const { store, provider, dns, signal } = pass;
  const current = (await store.readServer(server.id))?.machine ?? null;
  const checkpoint = async () => {
    const now = await store.readServer(server.id);
    if (!now || losesMachines(now.server.status) || now.server.machineId !== (current?.id ?? null))
      throw new KeptError(`${server.hostname} is being changed. The next pass tries again.`);
  };
  return { dns, provider, server, current, signal, checkpoint };
}

/**
 * Marks rows as gone if a second read does not find the machine either. The listing may be as old as its first page.
 */
export async function markAbsent(pass: Pass, { absent }: Pick<Comparison, 'absent'>): Promise<void> {
  const due = absent.filter((row) => isDue(pass, row));
  for (const row of turnOf(due, maxReadsPerPass, pass.now()))
    if (await isGone(pass, row)) await pass.store.markMachineGone(row.machine.id, pass.now());
}

/** The grace ended so long ago that a list would show the machine, even if it was ordered at the last moment. */
function isDue({ provider, now }: Pass, { machine: { removableAt, createdAt } }: InventoryRow): boolean {
  return now().getTime() - (removableAt ?? createdAt).getTime() > provider.listLagMs;
}

async function isGone({ provider, installation, signal }: Pass, { machine, server }: InventoryRow) {
  const found = await provider.find(machine.name, { installation, serverId: server.id }, signal);
  return found.every(({ id, name }) => name !== machine.name && id !== machine.providerId);
}
