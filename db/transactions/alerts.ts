import { and, eq, inArray, isNull, lte, notInArray, or, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { RecordedAlert } from '#db/tables.ts';

interface Replacement {
  /** The alerts of these kinds are replaced. */
  readonly kinds: readonly string[];
  readonly alerts: readonly RecordedAlert[];
  readonly now: Date;
}

/**
 * Makes the recorded alerts of these kinds exactly `alerts`, besides those that a process holds: adds new ones, removes
 * those that are over. An alert that stays keeps its `raisedAt`, and takes the new message and detail. The last of
 * several with the same id counts.
 */
export function* replaceAlerts({ db, t }: Context, { kinds, alerts, now }: Replacement): Steps<void> {
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  const ids = [...byId.keys()];
  const isOver = and(inArray(t.alerts.kind, [...kinds]), isFree(t, now));
  yield* ask(db.delete(t.alerts).where(ids.length > 0 ? and(isOver, notInArray(t.alerts.id, ids)) : isOver));
  if (ids.length === 0) return;
  yield* ask(
    db
      .insert(t.alerts)
      .values([...byId.values()])
      .onConflictDoUpdate({
        target: t.alerts.id,
        set: { message: sql`excluded.message`, detail: sql`excluded.detail` },
      }),
  );
}

/** Records an alert. An alert that is already recorded keeps its `raisedAt`. */
export function* raiseAlert({ db, t }: Context, alert: RecordedAlert): Steps<void> {
  yield* ask(db.insert(t.alerts).values(alert).onConflictDoNothing());
}

/** Keeps `clearAlert` from removing the alert until then. Does nothing if the alert is not recorded. */
export function* holdAlert({ db, t }: Context, id: string, until: Date): Steps<void> {
  yield* ask(db.update(t.alerts).set({ heldUntil: until }).where(eq(t.alerts.id, id)));
}

/** Removes the alert, unless it is held. */
export function* clearAlert({ db, t }: Context, id: string, now: Date): Steps<void> {
  yield* ask(db.delete(t.alerts).where(and(eq(t.alerts.id, id), isFree(t, now))));
}

function isFree({ alerts }: Context['t'], now: Date) {
  return or(isNull(alerts.heldUntil), lte(alerts.heldUntil, now));
}
