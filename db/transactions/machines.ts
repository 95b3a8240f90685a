import { and, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { OrderedRemoval } from '#db/tables.ts';

/**
 * Marks an abandoned or replaced machine as gone, once the inventory has verified it. False: it is in another state,
 * and nothing was changed.
 */
export function* markMachineGone({ db, t }: Context, machineId: string, now: Date): Steps<boolean> {
  const marked = yield* ask(
    db
      .update(t.machines)
      .set({ state: 'gone', goneAt: now })
      .where(and(eq(t.machines.id, machineId), inArray(t.machines.state, ['abandoned', 'replaced'])))
      .returning(),
  );
  return marked.length > 0;
}

/** Records an operator's order to remove a machine without a row. A new order replaces an earlier one. */
export function* orderRemoval({ db, t }: Context, order: OrderedRemoval): Steps<void> {
  yield* ask(
    db.insert(t.orderedRemovals).values(order).onConflictDoUpdate({ target: t.orderedRemovals.providerId, set: order }),
  );
}
