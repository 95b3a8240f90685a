import type { EventType } from '#db/events.ts';
import { folded } from '#db/fold.ts';
import { and, asc, eq, inArray, isNull, ne, type SQL, type SQLiteColumn, sql } from '#db/orm.ts';
import type { Subscription } from '#db/payment-tables.ts';
import { foldedCustomer } from '#db/reads/customers.ts';
import { askHot, type Context, given, hot, hotWrite, type Steps, wholeRow } from '#db/steps.ts';
import { billedStatuses, type Hold, isBilled } from '#db/subscriptions.ts';
import type { Job } from '#db/tables.ts';
import { recordEvent } from '#db/transactions/events.ts';
import type { Application, Projection } from './application.ts';
import { closeNotices } from './notices.ts';
import { recordPayments } from './payments.ts';
import { type Served, serve } from './serve.ts';

export type Applied =
  /** A look that began later was applied before. */
  | { readonly end: 'outdated' }
  | {
      readonly end: 'applied';
      /** The jobs that were added or found. */
      readonly jobs: readonly Job[];
      /** The time of the transaction, at which it released the jobs that it added. */
      readonly at: Date;
      /** The server to write into the metadata of the subscription; null: it is there, or there is none. */
      readonly mark: string | null;
    };

/** A mark that fails is tried again by the next look. */
const markAgainMs = 60_000;
/** How far the clocks of two processes may differ. */
const clockToleranceMs = 1_000;

/**
 * The one transaction of a look: records what Stripe's objects say, and makes, suspends, resumes, changes or destroys
 * the server as they imply. Looks may be applied in any order and more than once, since an older one has no effect.
 */
export function* applySubscription(context: Context, application: Application): Steps<Applied> {
  const { row, startedAt } = application;
  const before = yield* lockSubscription(context, row, startedAt);
  const noticed = yield* closeNotices(context, row.id, application);
  if (!before) return { end: 'outdated' };
  const now = application.now();
  const noted = noticed ?? before.cause;
  const changed = yield* recordStanding(context, { before, row, cause: noted, now });
  const cause = changed ?? noted;
  const { payments: invoices } = application;
  const hasEarlier = before.paidInvoice !== null;
  yield* recordPayments(context, { subscriptionId: row.id, invoices, hasEarlier, cause, now });
  const served = yield* serve(context, { application, before, cause, now });
  if (served.hold !== null && served.hold !== before.hold)
    yield* recordHold(context, { id: row.id, hold: served.hold, cause, now });
  yield* update(context, application, { before, served, cause: changed ?? before.cause, now });
  const { jobs, serverId } = served;
  return { end: 'applied', jobs, at: now, mark: serverId === application.marked ? null : serverId };
}

/**
 * Locks the subscription's row, and adds it if there is none. Returns it as it was before. undefined: a look that began
 * at the same time or later was applied.
 */
function* lockSubscription(_: Context, row: Projection, syncedAt: Date): Steps<Subscription | undefined> {
  const nothing = { hold: null, holdSince: null, released: null, markedServer: null, doubleOf: null, cause: null };
  const unpaid = { standing: 'unpaid', reason: 'awaiting-payment', since: row.createdAt, changesAt: null };
  const [before] = yield* askHot(lockRow, { ...row, ...nothing, ...unpaid, paidInvoice: null, syncedAt });
  return before;
}

const lockRow = hot('lock_subscription', ({ db, t: { subscriptions } }) =>
  db
    .insert(subscriptions)
    .values(wholeRow(subscriptions))
    .onConflictDoUpdate({
      target: subscriptions.id,
      set: { syncedAt: given('syncedAt', subscriptions.syncedAt) },
      setWhere: sql`${subscriptions.syncedAt} < ${given('syncedAt', subscriptions.syncedAt)}`,
    })
    .returning(),
);

interface Change {
  readonly before: Subscription;
  readonly row: Projection;
  readonly cause: string | null;
  readonly now: Date;
}

/** Returns the uid of the event; null: standing and reason are as before. */
function* recordStanding(context: Context, { before, row, cause, now: at }: Change): Steps<string | null> {
  const { id: subscriptionId, standing, reason, status, endsAt } = row;
  if (before.standing === standing && before.reason === reason) return null;
  const detail = { reason, status, ...(endsAt && { endsAt: endsAt.toISOString() }) };
  return yield* recordEvent(context, { type: standingEvent(row), actor: 'stripe', at, cause, subscriptionId, detail });
}

function standingEvent({ standing, reason }: Projection): EventType {
  if (standing === 'over') return 'subscription.ended';
  return reason === 'ending' ? 'subscription.ending' : `subscription.${standing}`;
}

interface Update {
  readonly before: Subscription;
  readonly served: Served;
  /** What causes the next look, unless a notice does. */
  readonly cause: string | null;
  readonly now: Date;
}

function* update(context: Context, application: Application, change: Update): Steps<void> {
  const { row, marked } = application;
  const { before, served, cause, now } = change;
  const { hold } = served;
  const changes = {
    hold,
    holdSince: holdSince(before, hold, now),
    released: before.released?.priceId === row.priceId ? before.released : null,
    markedServer: (yield* hasServer(context, marked)) ? marked : before.markedServer,
    doubleOf: yield* findDouble(context, row),
    cause,
    changesAt: nextLook(application, change),
  };
  yield* askHot(updateRow, { ...row, ...changes, syncedAt: application.startedAt });
}

const updateRow = hotWrite('update_subscription', ({ db, t: { subscriptions } }) =>
  db
    .update(subscriptions)
    .set(wholeRow(subscriptions))
    .where(eq(subscriptions.id, sql.placeholder('id'))),
);

function holdSince(before: Subscription, hold: Hold | null, now: Date): Date | null {
  if (hold === null) return null;
  return hold === before.hold ? before.holdSince : now;
}

interface NewHold {
  readonly id: string;
  readonly hold: Hold;
  readonly cause: string | null;
  readonly now: Date;
}

function* recordHold(context: Context, { id: subscriptionId, hold: subject, cause, now: at }: NewHold): Steps<void> {
  const about = { subscriptionId, subject, cause, detail: {} };
  yield* recordEvent(context, { type: 'payment.held', actor: 'stripe', at, ...about });
}

const serverById = hot('server_id', ({ db, t: { servers } }) =>
  db
    .select({ id: servers.id })
    .from(servers)
    .where(eq(servers.id, sql.placeholder('id'))),
);

function* hasServer(_: Context, id: string | null): Steps<boolean> {
  return id !== null && (yield* askHot(serverById, { id })).length > 0;
}

const double = (name: string, isSame: (reference: SQLiteColumn) => SQL) =>
  hot(name, ({ db, t: { subscriptions } }) => {
    const { id, reference, status, createdAt } = subscriptions;
    const isOther = and(ne(id, sql.placeholder('id')), inArray(status, [...billedStatuses]));
    const isSameCustomer = sql`${foldedCustomer(subscriptions)} = ${sql.placeholder('customer')}`;
    const others = db.select({ id }).from(subscriptions);
    return others
      .where(and(isSameCustomer, isSame(reference), isOther))
      .orderBy(asc(createdAt), asc(id))
      .limit(1);
  });
const doubleWithReference = double('double', (reference) => eq(reference, sql.placeholder('reference')));
const doubleWithoutReference = double('double_without_reference', (reference) => isNull(reference));

/** The oldest other subscription of the same customer and reference that is billed. A shop may have sold one order twice. */
function* findDouble(_: Context, { id, customer, reference, status }: Projection): Steps<string | null> {
  if (!isBilled(status)) return null;
  const query = reference === null ? doubleWithoutReference : doubleWithReference;
  const [other] = yield* askHot(query, { id, customer: folded(customer), reference });
  return other?.id ?? null;
}

/** When the next look is due, even if nothing is noticed; null: never. */
function nextLook({ row, marked, startedAt }: Application, { before, served, now }: Update): Date | null {
  const asked = before.changesAt;
  // Somebody asked for a look after this one had begun.
  if (asked !== null && asked > startedAt && asked.getTime() <= now.getTime() + clockToleranceMs) return asked;
  const isUnmarked = served.serverId !== null && served.serverId !== marked;
  const pauses = [served.lookAgainMs, isUnmarked ? markAgainMs : null].filter((ms) => ms !== null);
  const times = pauses.map((ms) => new Date(now.getTime() + ms));
  if (row.changesAt !== null) times.push(row.changesAt);
  return times.toSorted((one, other) => one.getTime() - other.getTime())[0] ?? null;
}
