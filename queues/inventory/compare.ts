import { losesMachines } from '#db/model.ts';
import type { InventoryRow } from '#db/reads/inventory.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { inSlices } from './in-slices.ts';
import type { Pass } from './pass.ts';

/** The differences between a complete listing and the rows. */
export interface Comparison {
  /** Machines that may be removed without a person, and why. */
  readonly removable: readonly { readonly machine: CloudMachine; readonly because: string }[];
  /** Machines with our tag and no row: the database has lost rows, or another installation has the same name. */
  readonly unknown: readonly CloudMachine[];
  /** Rows of machines that a customer uses and that are not listed. */
  readonly missing: readonly InventoryRow[];
  /** Rows of abandoned and replaced machines that are no longer listed. */
  readonly absent: readonly InventoryRow[];
}

/**
 * Gives the retire job a minute's head start. If that job does not run, the inventory removes the machine within two
 * minutes.
 */
const afterGraceMs = 60_000;

/** Only compares. Long lists are compared in slices. */
export async function compare(
  { listing, listedIds }: Pick<Pass, 'listing' | 'listedIds'>,
  rows: readonly InventoryRow[],
  now: Date,
): Promise<Comparison> {
  const { byName, byId } = await indexed(rows);
  const listedNames = new Set<string>();
  await inSlices(listing, ({ name }) => void listedNames.add(name));
  const found = { removable: [], unknown: [], missing: [], absent: [] } as Findings;
  await inSlices(listing, (machine) => {
    const row = byName.get(machine.name);
    const because = row && whyRemovable(machine, row, { listedIds, now });
    if (because) found.removable.push({ machine, because });
    // A machine may have been renamed by hand. Its tag and id still identify it.
    if (!isOf(row, machine) && !isOf(byId.get(machine.id), machine)) found.unknown.push(machine);
  });
  await inSlices(rows, (row) => {
    const { providerId, name, state } = row.machine;
    const isListedById = providerId !== null && listedIds.has(providerId);
    const isListed = isListedById || listedNames.has(name);
    if (isServing(row) && !(providerId === null ? isListed : isListedById)) found.missing.push(row);
    if ((state === 'abandoned' || state === 'replaced') && !isListed) found.absent.push(row);
  });
  return found;
}

type Findings = { [Name in keyof Comparison]: Comparison[Name][number][] };

async function indexed(rows: readonly InventoryRow[]) {
  const byName = new Map<string, InventoryRow>();
  const byId = new Map<string | null, InventoryRow>();
  await inSlices(rows, (row) => {
    byName.set(row.machine.name, row);
    byId.set(row.machine.providerId, row);
  });
  return { byName, byId };
}

/** Whether a customer uses the machine. The machine of a server that is being suspended or destroyed does not count. */
export function isServing({ machine, server }: InventoryRow): boolean {
  return machine.state === 'current' && !losesMachines(server.status);
}

/** Whether tag and row name the same server. If they differ, nothing is done with the machine. */
function isOf(row: InventoryRow | null | undefined, machine: CloudMachine): row is InventoryRow {
  return row?.server.id !== undefined && row.server.id === machine.owner?.serverId;
}

/** The reason why a machine may be removed without a person; null: it must stay. No other reason is allowed. */
export function whyRemovable(
  machine: CloudMachine,
  row: InventoryRow,
  { listedIds, now }: { readonly listedIds: ReadonlySet<string>; readonly now: Date },
): string | null {
  if (!isOf(row, machine)) return null;
  if (row.server.status === 'destroyed') return 'its server is destroyed';
  const { state, providerId, removableAt } = row.machine;
  if (state === 'gone') return 'it was verified gone, and was listed later';
  if (state === 'abandoned') return 'its job failed for good';
  if (state === 'replaced' && removableAt && now.getTime() > removableAt.getTime() + afterGraceMs)
    return 'its successor serves, and its grace is over';
  const isDuplicate =
    state === 'current' && providerId !== null && providerId !== machine.id && listedIds.has(providerId);
  return isDuplicate ? `it is a duplicate of machine ${providerId}` : null;
}
