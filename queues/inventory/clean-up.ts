import type { MachineWithServer } from '#db/reads/inventory.ts';
import { sameOwner } from '../jobs/machines-of.ts';
import { type CloudMachine, ProviderError } from '../ports/provider.ts';
import { type Comparison, whyRemovable } from './compare.ts';
import type { InventoryDeps } from './inventory.ts';

const mostRemovalsPerPass = 5;
/** A pass has its time; what is left over is looked at by the next ones. */
const mostLooksPerPass = 50;

/** Removes what may be removed without a person, and returns the ids. One that cannot be removed now keeps no other from it. */
export async function removeSome(
  deps: InventoryDeps,
  { removable }: Comparison,
  listing: readonly CloudMachine[],
  signal: AbortSignal,
): Promise<string[]> {
  const listedIds = new Set(listing.map(({ id }) => id));
  const removed: string[] = [];
  for (const { machine } of removable.slice(0, mostLooksPerPass)) {
    if (removed.length === mostRemovalsPerPass) break;
    const isRemoved = await removeOne(deps, machine, listedIds, signal).catch((error: unknown) => {
      if (!concernsOneMachine(error)) throw error;
      deps.log.warn(
        { machine: machine.name, providerId: machine.id, error: error.message },
        'It cannot be removed now',
      );
      return false;
    });
    if (isRemoved) removed.push(machine.id);
  }
  return removed;
}

function concernsOneMachine(error: unknown): error is ProviderError {
  return error instanceof ProviderError && error.fault !== 'not-allowed' && error.fault !== 'rate-limited';
}

/** Row and label are read again right before the delete: both may have changed since the listing. */
async function removeOne(
  { store, provider, installation, now, log }: InventoryDeps,
  machine: CloudMachine,
  listedIds: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<boolean> {
  const labelled = await provider.get(machine.id, signal);
  const row = await store.readMachine(machine.name);
  const because = row && whyRemovable(machine, row, listedIds, now());
  if (
    !row ||
    !because ||
    labelled?.name !== machine.name ||
    !sameOwner(labelled.owner, { installation, serverId: row.server.id })
  )
    return false;
  log.warn({ machine: machine.name, providerId: machine.id, because }, 'Inventory removes a machine');
  await provider.remove(machine.id, signal);
  return true;
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
