import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';

/** What a complete listing and the rows say of each other. Pure: it removes nothing. */
export interface Comparison {
  /** May be removed without a person, and why. */
  readonly removable: readonly { readonly machine: CloudMachine; readonly because: string }[];
  /** Carry our tag and have no row: the database has lost something, or another installation shares our name. */
  readonly unknown: readonly CloudMachine[];
  /** Serve a customer by their row, and are not listed. */
  readonly missing: readonly MachineWithServer[];
  /** Rows of abandoned and replaced machines that are not listed any more. */
  readonly absent: readonly MachineWithServer[];
}

/** The retire's own job comes first; where it does not, the machine is gone within two minutes all the same. */
const afterGraceMs = 60_000;

export function compare(listing: readonly CloudMachine[], rows: readonly MachineWithServer[], now: Date): Comparison {
  const byName = new Map(rows.map((row) => [row.machine.name, row]));
  const byId = new Map(rows.map((row) => [row.machine.providerId, row]));
  const listedIds = new Set(listing.map(({ id }) => id));
  const listedNames = new Set(listing.map(({ name }) => name));
  const removable = listing.flatMap((machine) => {
    const row = byName.get(machine.name);
    const because = row && whyRemovable(machine, row, listedIds, now);
    return because ? [{ machine, because }] : [];
  });
  const isListedById = ({ machine }: MachineWithServer) =>
    machine.providerId !== null && listedIds.has(machine.providerId);
  const isListed = (row: MachineWithServer) => isListedById(row) || listedNames.has(row.machine.name);
  return {
    removable,
    // A machine may have been renamed by hand; its tag and id tell it all the same.
    unknown: listing.filter(
      (machine) => !isOf(byName.get(machine.name), machine) && !isOf(byId.get(machine.id), machine),
    ),
    missing: rows.filter((row) => isServing(row) && !(row.machine.providerId === null ? isListed : isListedById)(row)),
    absent: rows.filter(
      (row) => (row.machine.state === 'abandoned' || row.machine.state === 'replaced') && !isListed(row),
    ),
  };
}

/** Whether a customer uses the machine: not one whose server is being destroyed, which may go at any moment. */
export function isServing({ machine, server }: MachineWithServer): boolean {
  return machine.state === 'current' && server.status !== 'destroying';
}

/** Whether the tag says the same as the row; what it says else is not understood, so it is not acted on. */
function isOf(row: MachineWithServer | null | undefined, machine: CloudMachine): row is MachineWithServer {
  return row?.server.id !== undefined && row.server.id === machine.owner?.serverId;
}

/** The only reasons for which a machine is removed without a person; null: it stays. */
export function whyRemovable(
  machine: CloudMachine,
  row: MachineWithServer,
  listedIds: ReadonlySet<string>,
  now: Date,
): string | null {
  if (!isOf(row, machine)) return null;
  if (row.server.status === 'destroyed') return 'its server is destroyed';
  const { state, providerId, removableAt } = row.machine;
  if (state === 'gone') return 'it was verified gone before, and came late';
  if (state === 'abandoned') return 'its job failed for good';
  if (state === 'replaced' && removableAt && now.getTime() > removableAt.getTime() + afterGraceMs)
    return 'its successor serves, and its grace is over';
  const isDouble = state === 'current' && providerId !== null && providerId !== machine.id && listedIds.has(providerId);
  return isDouble ? `it doubles machine ${providerId}` : null;
}
