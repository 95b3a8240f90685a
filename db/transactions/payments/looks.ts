import { NotFoundError, NotHeldError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { and, eq, gt, inArray, isNotNull, isNull, lt, ne, or, sql } from '#db/orm.ts';
import type { Release, Subscription } from '#db/payment-tables.ts';
import { type DueLook, lookAt, lookOfNotice } from '#db/reads/due-looks.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { billedStatuses } from '#db/subscriptions.ts';
import { recordEvent } from '#db/transactions/events.ts';
import { type Actor, causedBy } from '#db/transactions/request.ts';
import { closeNotices, type NoticeRun, pollId, pollNotice, recordNotices, reopenPollNotice } from './notices.ts';

/** A look that is due now. */
export interface Requested {
  /** The row as it was; null: no look has seen the subscription yet. */
  readonly subscription: Subscription | null;
  readonly look: DueLook;
}

/** Makes a look at a subscription due now, also at one that no look has seen yet. */
export function* requestLook(context: Context, id: string, actor: Actor): Steps<Requested> {
  const { db, t } = context;
  const { now } = actor;
  const cause = newId('evt', now);
  const about = { ...causedBy(actor), subscriptionId: id, detail: {} };
  yield* recordEvent(context, { uid: cause, type: 'subscription.look_requested', ...about });
  const [subscription = null] = yield* ask(
    db.update(t.subscriptions).set({ changesAt: now, cause }).where(eq(t.subscriptions.id, id)).returning(),
  );
  if (subscription) return { subscription, look: lookAt(subscription, now) };
  return { subscription, look: lookOfNotice(yield* reopenPollNotice(context, { id, cause, now })) };
}

export interface Decision extends Omit<Release, 'priceId'> {
  readonly id: string;
}

/**
 * Records which server a held subscription gets, and makes a look due, which makes it. A server that a person destroyed
 * is replaced. Throws NotFoundError, NotHeldError.
 */
export function* releaseHold(context: Context, { id, plan, location }: Decision, actor: Actor): Steps<Subscription> {
  const { db, t } = context;
  const { now } = actor;
  const held = yield* lockForDecision(context, id);
  const cause = newId('evt', now);
  const released = { priceId: held.priceId, plan, location };
  if (held.hold === 'server-destroyed') yield* endPurchase(context, id, now);
  const [subscription] = yield* ask(
    db.update(t.subscriptions).set({ released, changesAt: now, cause }).where(eq(t.subscriptions.id, id)).returning(),
  );
  const about = { ...causedBy(actor), subscriptionId: id, detail: { hold: held.hold, plan, location } };
  yield* recordEvent(context, { uid: cause, type: 'subscription.released', ...about });
  return subscription ?? held;
}

/** Throws NotFoundError, NotHeldError. */
function* lockForDecision({ db, t: { subscriptions } }: Context, id: string): Steps<Subscription> {
  // A write of what is there locks the row.
  const same = { syncedAt: sql`${subscriptions.syncedAt}` };
  const [row] = yield* ask(db.update(subscriptions).set(same).where(eq(subscriptions.id, id)).returning());
  if (!row) throw new NotFoundError('subscription', id);
  if (row.hold === null) throw new NotHeldError(id);
  return row;
}

function* endPurchase({ db, t: { purchases } }: Context, subscriptionId: string, now: Date): Steps<void> {
  const current = and(eq(purchases.subscriptionId, subscriptionId), isNull(purchases.endedAt));
  yield* ask(db.update(purchases).set({ endedAt: now }).where(current));
}

/**
 * Makes looks due at those of the listed subscriptions that the database has, and records a notice of each other one.
 * One that is over for good is looked at once in 29 days. Returns how many looks and notices it added.
 */
export function* recordListed(context: Context, listed: Listed): Steps<number> {
  const { db, t } = context;
  const { ids, since, livemode, now } = listed;
  const rows = yield* ask(
    db
      .select({ id: t.subscriptions.id })
      .from(t.subscriptions)
      .where(inArray(t.subscriptions.id, [...ids])),
  );
  const recorded = new Set(rows.map(({ id }) => id));
  const asked = yield* makeDue(context, { ids: [...recorded], since, now });
  const unrecorded = ids.filter((id) => !recorded.has(id));
  const found = unrecorded.map((id) => pollNotice(id, { livemode, now }));
  const notices = yield* recordNotices(context, found, now);
  return asked + notices.length + (yield* reopenIgnored(context, { ids: unrecorded.map(pollId), since, now }));
}

/** What was not ours may be by now: a price gets its plan without an event of its subscriptions. */
function* reopenIgnored({ db, t: { notices } }: Context, { ids, since, now }: Stale): Steps<number> {
  if (ids.length === 0) return 0;
  const isStale = and(eq(notices.state, 'ignored'), lt(notices.receivedAt, since));
  const reopened = db.update(notices).set({ state: 'received', reason: null, receivedAt: now });
  return (yield* ask(reopened.where(and(inArray(notices.id, [...ids]), isStale)).returning({ id: notices.id }))).length;
}

type Stale = Pick<Listed, 'ids' | 'since' | 'now'>;

export interface Listed {
  readonly ids: readonly string[];
  /** Subscriptions that were looked at since then are left out. */
  readonly since: Date;
  readonly livemode: boolean;
  readonly now: Date;
}

/** Stripe lists events of 30 days. What happened to a subscription before that is seen by a look only. */
const overAgainMs = 29 * 24 * 60 * 60_000;

function* makeDue({ db, t: { subscriptions } }: Context, { ids, since, now }: Stale): Steps<number> {
  if (ids.length === 0) return 0;
  const { id, status, standing, syncedAt, changesAt } = subscriptions;
  const longAgo = lt(syncedAt, new Date(since.getTime() - overAgainMs));
  const isLive = or(ne(standing, 'over'), inArray(status, [...billedStatuses]), longAgo);
  const isStale = and(lt(syncedAt, since), or(isNull(changesAt), gt(changesAt, now)));
  const due = db.update(subscriptions).set({ changesAt: now });
  return (yield* ask(due.where(and(inArray(id, [...ids]), isLive, isStale)).returning({ id }))).length;
}

/** Makes a look due at each subscription whose hold is `sold-out`. */
export function* lookAtSoldOut({ db, t: { subscriptions } }: Context, now: Date): Steps<void> {
  // With a bound, the index of what is held is searched.
  const isHeld = and(isNotNull(subscriptions.hold), gt(subscriptions.holdSince, new Date(0)));
  yield* ask(
    db
      .update(subscriptions)
      .set({ changesAt: now })
      .where(and(isHeld, eq(subscriptions.hold, 'sold-out'))),
  );
}

const absentAgainMs = 60 * 60_000;

/** Holds a subscription that Stripe does not have. Nothing happens to its server: the key may be a wrong one. */
export function* holdAbsent(context: Context, id: string, run: NoticeRun & { readonly now: Date }): Steps<void> {
  const { db, t } = context;
  const { startedAt, now } = run;
  yield* closeNotices(context, id, run);
  const changesAt = new Date(now.getTime() + absentAgainMs);
  const isOlder = and(eq(t.subscriptions.id, id), lt(t.subscriptions.syncedAt, startedAt));
  const held = { hold: 'absent', syncedAt: startedAt, changesAt } as const;
  const [subscription] = yield* ask(db.update(t.subscriptions).set(held).where(isOlder).returning());
  if (!subscription || subscription.holdSince !== null) return;
  yield* ask(db.update(t.subscriptions).set({ holdSince: now }).where(eq(t.subscriptions.id, id)));
  const about = { subscriptionId: id, subject: 'absent', cause: subscription.cause, detail: {} };
  yield* recordEvent(context, { type: 'payment.held', actor: 'stripe', at: now, ...about });
}
