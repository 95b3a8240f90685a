import { and, eq, exists, gt, inArray, lt, ne, not, notInArray, or, sql } from '#db/orm.ts';
import { readSetting } from '#db/reads/figures.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { RecordedAlert } from '#db/tables.ts';

/** Takes or renews the lease; true while `holder` has it. One that has run out is anybody's. */
export function* takeLease(
  { db, t }: Context,
  name: string,
  holder: string,
  { now, forMs }: { now: Date; forMs: number },
): Steps<boolean> {
  const expiresAt = new Date(now.getTime() + forMs);
  yield* ask(db.insert(t.leases).values({ name, holder, expiresAt: now }).onConflictDoNothing());
  const free = or(eq(t.leases.holder, holder), lt(t.leases.expiresAt, now));
  const taken = yield* ask(
    db
      .update(t.leases)
      .set({ holder, expiresAt })
      .where(and(eq(t.leases.name, name), free))
      .returning(),
  );
  return taken.length > 0;
}

/**
 * Makes the recorded alerts of these kinds exactly `alerts`. New ones are added, and those that are over are removed.
 * Lasting ones keep their `raisedAt` and take the new message and detail. The last of several with the same id counts.
 */
export function* replaceAlerts(
  { db, t }: Context,
  kinds: readonly string[],
  alerts: readonly RecordedAlert[],
): Steps<void> {
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  const ids = [...byId.keys()];
  const ofKinds = inArray(t.alerts.kind, [...kinds]);
  yield* ask(db.delete(t.alerts).where(ids.length > 0 ? and(ofKinds, notInArray(t.alerts.id, ids)) : ofKinds));
  if (ids.length > 0)
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

/** Records an alert; one that stands already keeps its `raisedAt`. */
export function* raiseAlert({ db, t }: Context, alert: RecordedAlert): Steps<void> {
  yield* ask(db.insert(t.alerts).values(alert).onConflictDoNothing());
}

/** Unless somebody holds the lease of its name. */
export function* clearAlert({ db, t }: Context, id: string, now: Date): Steps<void> {
  const held = db
    .select()
    .from(t.leases)
    .where(and(eq(t.leases.name, id), gt(t.leases.expiresAt, now)));
  yield* ask(db.delete(t.alerts).where(and(eq(t.alerts.id, id), not(exists(held)))));
}

export function* putSetting({ db, t }: Context, name: string, value: unknown, now: Date): Steps<void> {
  yield* ask(
    db
      .insert(t.settings)
      .values({ name, value, updatedAt: now })
      .onConflictDoUpdate({ target: t.settings.name, set: { value, updatedAt: now } }),
  );
}

/**
 * The installation whose machines the rows speak of: `installation`, unless rows of machines that are not gone were written
 * under another.
 */
export function* claimInstallation(context: Context, installation: string, now: Date): Steps<string> {
  const { db, t } = context;
  const claimed = yield* readSetting(context, 'installation');
  if (claimed?.value === installation) return installation;
  const [machine] = yield* ask(
    db.select({ id: t.machines.id }).from(t.machines).where(ne(t.machines.state, 'gone')).limit(1),
  );
  if (claimed && machine) return String(claimed.value);
  yield* putSetting(context, 'installation', installation, now);
  return installation;
}

/** Marks abandoned and replaced machines as gone once the inventory has verified it. A machine in service is never marked. */
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

/** Forgets stored answers older than `before`; returns how many. */
export function* forgetAnswers({ db, t }: Context, before: Date): Steps<number> {
  const forgotten = yield* ask(db.delete(t.answers).where(lt(t.answers.createdAt, before)).returning());
  return forgotten.length;
}
