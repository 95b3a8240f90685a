import type { MachineWithServer } from '#db/reads/inventory.ts';
import { KeptError, type NameTarget, pointNameAway } from '#queues/jobs/steps/dns-name.ts';
import { concernsOneName, DnsError } from '#queues/ports/dns.ts';
import { type CloudMachine, ProviderError, sameOwner } from '#queues/ports/provider.ts';
import { type Comparison, whyRemovable } from './compare.ts';
import type { InventoryDeps } from './inventory.ts';

const mostRemovalsPerPass = 5;
/** A pass has its time; what is left over is looked at by the next ones. */
const mostLooksPerPass = 50;

/** A machine that would go if its server's name could be pointed elsewhere. */
export interface Kept {
  readonly machine: CloudMachine;
  readonly why: string;
}

/**
 * Removes what may be removed without a person, and returns the ids, and what has to stay because of its server's name.
 * One that cannot be removed now keeps no other from it.
 */
export async function removeSome(
  deps: InventoryDeps,
  { removable }: Comparison,
  listing: readonly CloudMachine[],
  signal: AbortSignal,
): Promise<{ removed: string[]; kept: Kept[] }> {
  const listedIds = new Set(listing.map(({ id }) => id));
  const removed: string[] = [];
  const kept: Kept[] = [];
  for (const { machine } of removable.slice(0, mostLooksPerPass)) {
    if (removed.length === mostRemovalsPerPass) break;
    const end = await removeOne(deps, machine, listedIds, signal).catch((error: unknown) => endedBy(error));
    if (end === 'removed') removed.push(machine.id);
    if (!(end instanceof Error)) continue;
    deps.log.warn({ machine: machine.name, providerId: machine.id, error: end.message }, 'It cannot be removed now');
    if (!(end instanceof ProviderError)) kept.push({ machine, why: end.message });
    // It would fail for all others too, each in its time.
    if (!concernsOne(end)) break;
  }
  return { removed, kept };
}

/** What keeps one machine, or all of them, from being removed; throws what has nothing to do with it. */
function endedBy(error: unknown): ProviderError | DnsError | KeptError {
  if (error instanceof DnsError || error instanceof KeptError || error instanceof ProviderError) return error;
  throw error;
}

/** Whether the others are not concerned. */
function concernsOne(error: Error): boolean {
  if (error instanceof ProviderError) return error.fault !== 'not-allowed' && error.fault !== 'rate-limited';
  return !(error instanceof DnsError) || concernsOneName(error);
}

/** Row and label are read again right before the delete: both may have changed since the listing. */
async function removeOne(
  deps: InventoryDeps,
  machine: CloudMachine,
  listedIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<'removed' | 'left'> {
  const { store, provider, installation, now, log } = deps;
  const labelled = await provider.get(machine.id, signal);
  const row = await store.readMachine(machine.name);
  const because = row && whyRemovable(machine, row, listedIds, now());
  if (
    !row ||
    !because ||
    labelled?.name !== machine.name ||
    !sameOwner(labelled.owner, { installation, serverId: row.server.id })
  )
    return 'left';
  await pointNameAway(await nameTargetFor(deps, row, signal), machine);
  log.warn({ machine: machine.name, providerId: machine.id, because }, 'Inventory removes a machine');
  await provider.remove(machine.id, signal);
  return 'removed';
}

/** The name belongs where the rows say, which are read again before it is changed. */
async function nameTargetFor(
  { store, provider, dns }: InventoryDeps,
  { server }: MachineWithServer,
  signal: AbortSignal,
): Promise<NameTarget> {
  const current = (await store.readServer(server.id))?.machine ?? null;
  const checkpoint = async () => {
    const now = await store.readServer(server.id);
    if (now?.server.status === 'destroying' || now?.server.machineId !== (current?.id ?? null))
      throw new KeptError(`${server.hostname} changes at this moment; the next pass looks again.`);
  };
  return { dns, provider, server, current, signal, checkpoint };
}

/** Marks as gone what a second look does not find either: the listing is as old as its first page. */
export async function markAbsent(deps: InventoryDeps, { absent }: Comparison, signal: AbortSignal): Promise<void> {
  const { store, now } = deps;
  const due = absent.filter(({ machine }) => isDue(deps, machine));
  for (const row of due.slice(0, mostLooksPerPass))
    if (await isGone(deps, row, signal)) await store.markMachineGone(row.machine.id, now());
}

/** Past its grace, and long enough ago that a machine which was ordered last would be listed. */
function isDue({ provider, now }: InventoryDeps, { removableAt, createdAt }: MachineWithServer['machine']): boolean {
  return now().getTime() - (removableAt ?? createdAt).getTime() > provider.listLagMs;
}

async function isGone(
  { provider, installation }: InventoryDeps,
  { machine, server }: MachineWithServer,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await provider.find(machine.name, { installation, serverId: server.id }, signal);
  return found.every(({ id, name }) => name !== machine.name && id !== machine.providerId);
}
