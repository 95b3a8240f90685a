import { isOneOf, literal } from '#db/literal.ts';
import { and, desc, eq, isNotNull, isNull, lt, sql } from '#db/orm.ts';
import type { Notice, Payment, Subscription } from '#db/payment-tables.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import { type StandingName, serves, standings } from '#db/subscriptions.ts';
import type { Server } from '#db/tables.ts';
import { type Found, find } from './alerts.ts';
import { isOfCustomer } from './customers.ts';

const noticeById = hot('notice', ({ db, t: { notices } }) =>
  db
    .select()
    .from(notices)
    .where(eq(notices.id, sql.placeholder('id'))),
);

/** null: there is no such notice. */
export function* readNotice(_: Context, id: string): Steps<Notice | null> {
  const [notice] = yield* askHot(noticeById, { id });
  return notice ?? null;
}

const subscriptionById = hot('subscription', ({ db, t: { subscriptions } }) =>
  db
    .select()
    .from(subscriptions)
    .where(eq(subscriptions.id, sql.placeholder('id'))),
);

/** null: no look has seen such a subscription. */
export function* readSubscription(_: Context, id: string): Steps<Subscription | null> {
  const [subscription] = yield* askHot(subscriptionById, { id });
  return subscription ?? null;
}

export interface SubscriptionInFull {
  readonly subscription: Subscription;
  /** The server that it pays for, perhaps destroyed by hand; null: none. */
  readonly server: Pick<Server, 'id' | 'status'> | null;
  /** Newest first, at most 100. */
  readonly payments: readonly Payment[];
}

const mostPayments = 100;

/** null: no look has seen such a subscription. */
export function* readSubscriptionInFull(context: Context, id: string): Steps<SubscriptionInFull | null> {
  const { db, t } = context;
  const subscription = yield* readSubscription(context, id);
  if (!subscription) return null;
  const ofServers = db.select({ id: t.servers.id, status: t.servers.status }).from(t.purchases);
  const joined = ofServers.innerJoin(t.servers, eq(t.servers.purchaseId, t.purchases.id));
  const current = and(eq(t.purchases.subscriptionId, id), isNull(t.purchases.endedAt));
  const [server] = yield* ask(joined.where(current));
  const ofSubscription = db.select().from(t.payments).where(eq(t.payments.subscriptionId, id));
  const payments = yield* ask(ofSubscription.orderBy(desc(t.payments.paidAt)).limit(mostPayments));
  return { subscription, server: server ?? null, payments };
}

export interface SubscriptionFilter {
  /** In any case and any Unicode form. */
  readonly customer?: string | undefined;
  readonly owner?: string | null | undefined;
  readonly standing?: StandingName | undefined;
  /** Only subscriptions older than this one; the newest come first. */
  readonly after?: Pick<Subscription, 'id' | 'createdAt'> | undefined;
  readonly limit: number;
}

export function* readSubscriptions({ db, t }: Context, filter: SubscriptionFilter): Steps<Subscription[]> {
  const { subscriptions } = t;
  const { id, createdAt, standing } = subscriptions;
  const { after } = filter;
  const conditions = and(
    filter.customer === undefined ? undefined : isOfCustomer(subscriptions, filter.customer),
    filter.owner == null ? undefined : isOfCustomer(subscriptions, filter.owner),
    filter.standing && eq(standing, filter.standing),
    after && sql`(${createdAt}, ${id}) < (${sql.param(after.createdAt, createdAt)}, ${after.id})`,
  );
  const found = db.select().from(subscriptions).where(conditions);
  return yield* ask(found.orderBy(desc(createdAt), desc(id)).limit(filter.limit));
}

/** All trouble with payments that the tables show. */
export interface PaymentTroubles {
  readonly held: Found<Subscription>;
  /** Subscriptions of which another of the same customer and reference is billed too, with its id. */
  readonly doubled: Found<Subscription>;
  /** Notices that came before `waitingSince` and are not done. */
  readonly waiting: Found<Notice>;
  /** Servers that a person suspended while their subscriptions are to be served. */
  readonly suspended: Found<Server>;
}

export function* readPaymentTroubles(context: Context, waitingSince: Date): Steps<PaymentTroubles> {
  const { subscriptions, notices } = context.t;
  const late = and(eq(notices.state, literal('received')), lt(notices.receivedAt, waitingSince));
  const other = sql`exists (select 1 from ${subscriptions} as other where other.id = ${subscriptions.doubleOf} and other.ended_at is null)`;
  const doubled = and(isNotNull(subscriptions.doubleOf), other);
  return {
    held: yield* find(context, {
      table: subscriptions,
      where: isNotNull(subscriptions.hold),
      by: subscriptions.holdSince,
    }),
    doubled: yield* find(context, { table: subscriptions, where: doubled, by: subscriptions.createdAt }),
    waiting: yield* find(context, { table: notices, where: late, by: notices.receivedAt }),
    suspended: yield* readPaidAndSuspended(context),
  };
}

/**
 * A look resumes a server that a standing has suspended, in the transaction that records the payment. So only a person can
 * have suspended these. A server that is owed since a resume has failed is another trouble.
 */
function readPaidAndSuspended(context: Context): Steps<Found<Server>> {
  const { servers, purchases, subscriptions } = context.t;
  const isServed = isOneOf(subscriptions.standing, standings.filter(serves));
  const isPaid = sql`exists (select 1 from ${purchases} join ${subscriptions} on ${subscriptions.id} = ${purchases.subscriptionId} where ${purchases.id} = ${servers.purchaseId} and ${purchases.endedAt} is null and ${isServed})`;
  const where = and(eq(servers.status, literal('suspended')), isNull(servers.owedSince), isPaid);
  return find(context, { table: servers, where, by: servers.id });
}
