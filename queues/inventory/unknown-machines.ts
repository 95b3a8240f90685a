import type { OrderedRemoval, Server } from '#db/tables.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';
import type { InventoryDeps } from './inventory.ts';
import { takeoverAdvice } from './needed.ts';

/** The beginning of the alert unknown-machine, where an operator reads the name that the order must repeat. */
export function describeMachine({ id, name }: Pick<CloudMachine, 'id' | 'name'>): string {
  return `Machine ${id} (${name}) `;
}

/** An order is about the machine that has this id now; a later one with the same id may be another. */
const orderHoldsForMs = 60 * 60_000;

export interface UnknownMachine {
  readonly machine: CloudMachine;
  /** Whose last machine it may be: then it stays, whoever orders what. */
  readonly needing: Server | null;
}

/** Removes those of the unknown machines that an operator has named within the last hour, and returns their ids. */
export async function removeOrdered(
  deps: InventoryDeps,
  unknown: readonly UnknownMachine[],
  signal: AbortSignal,
): Promise<string[]> {
  const removed: string[] = [];
  for (const { machine, needing } of unknown) {
    const order = await orderFor(deps, machine);
    if (order && needing) deps.log.error({ machine: machine.name, providerId: machine.id }, takeoverAdvice(needing));
    else if (order && (await removeOne(deps, machine, order, signal))) removed.push(machine.id);
  }
  return removed;
}

async function orderFor({ store, now }: InventoryDeps, { id }: CloudMachine): Promise<OrderedRemoval | null> {
  const order = await store.readOrderedRemoval(id);
  return order && now().getTime() - order.orderedAt.getTime() <= orderHoldsForMs ? order : null;
}

/** Name, tag and row are read again right before the delete. false: it stays, and the log says why. */
async function removeOne(
  { store, provider, installation, log }: InventoryDeps,
  machine: CloudMachine,
  { name, orderedBy }: OrderedRemoval,
  signal: AbortSignal,
): Promise<boolean> {
  const about = { machine: machine.name, providerId: machine.id, by: orderedBy };
  try {
    const labelled = await provider.get(machine.id, signal);
    if (labelled?.name !== name || labelled.owner?.installation !== installation) {
      log.error({ ...about, orderedAs: name }, 'An unknown machine is not removed: its name or tag is another');
      return false;
    }
    if (await store.readMachine(name)) {
      log.warn(about, 'An unknown machine is not removed: a job has taken it over meanwhile');
      return false;
    }
    log.warn(about, 'Inventory removes an unknown machine, as an operator asked');
    await provider.remove(machine.id, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    log.warn({ ...about, error: error.message }, 'It cannot be removed now');
    return false;
  }
}
