import type { MachineWithServer } from '#db/reads/inventory.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';

/** The differences between a complete listing and the rows. */
export interface Comparison {
  /** Machines that may be removed without a person, and why. */
  readonly removable: readonly { readonly machine: CloudMachine; readonly because: string }[];
  /** Machines with our tag and no row: the database has lost rows, or another installation has the same name. */
  readonly unknown: readonly CloudMachine[];
  /** Rows of machines that a customer uses and that are not listed. */
  readonly missing: readonly MachineWithServer[];
  /** Rows of abandoned and replaced machines that are no longer listed. */
  readonly absent: readonly MachineWithServer[];
}

/**
 * Gives the retire job a minute's head start. If that job does not run, the inventory removes the machine within two
 * minutes.
 */
const afterGraceMs = 60_000;

/** Pure: it removes nothing. */
export function compare(listing: readonly CloudMachine[], rows: readonly MachineWithServer[], now: Date): Comparison {
  const byName = new Map(rows.map((row) => [row.machine.name, row]));
  const byId = new Map(rows.map((row) => [row.machine.providerId, row]));
  const listedIds = new Set(listing.map(({ id }) => id));
  const listedNames = new Set(listing.map(({ name }) => name));
  const removable = listing.flatMap((machine) => {
    const row = byName.get(machine.name);
    const because = row && whyRemovable(machine, row, { listedIds, now });
    return because ? [{ machine, because }] : [];
  });
  const isListedById = ({ machine }: MachineWithServer) =>
    machine.providerId !== null && listedIds.has(machine.providerId);
  const isListed = (row: MachineWithServer) => isListedById(row) || listedNames.has(row.machine.name);
  return {
    removable,
    // A machine may have been renamed by hand. Its tag and id still identify it.
    unknown: listing.filter(
      (machine) => !isOf(byName.get(machine.name), machine) && !isOf(byId.get(machine.id), machine),
    ),
    missing: rows.filter((row) => isServing(row) && !(row.machine.providerId === null ? isListed : isListedById)(row)),
    absent: rows.filter(
      (row) => (row.machine.state === 'abandoned' || row.machine.state === 'replaced') && !isListed(row),
    ),
  };
}

/** Whether a customer uses the machine. The machine of a server that is being destroyed may go at any moment. */
export function isServing({ machine, server }: MachineWithServer): boolean {
  return machine.state === 'current' && server.status !== 'destroying';
}

/** Whether tag and row name the same server. If they differ, nothing is done with the machine. */
function isOf(row: MachineWithServer | null | undefined, machine: CloudMachine): row is MachineWithServer {
  return row?.server.id !== undefined && row.server.id === machine.owner?.serverId;
}

/** The reason why a machine may be removed without a person; null: it must stay. No other reason is allowed. */
export function whyRemovable(
  machine: CloudMachine,
  row: MachineWithServer,
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
