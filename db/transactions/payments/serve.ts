import { allows, type ServerStatus } from '#db/model.ts';
import { and, desc, eq, isNotNull, isNull, sql } from '#db/orm.ts';
import type { Subscription } from '#db/payment-tables.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import { type Hold, serves } from '#db/subscriptions.ts';
import type { Job, Purchase, Server } from '#db/tables.ts';
import { recordDestroy, recordRebuild } from '#db/transactions/commands.ts';
import { type PurchaseOrder, planPurchase, whyClosed, writePurchase } from '#db/transactions/purchase.ts';
import { type Actor, statusAhead } from '#db/transactions/request.ts';
import { recordResume, recordSuspend } from '#db/transactions/suspension.ts';
import type { Application } from './application.ts';

export interface Serving {
  readonly application: Application;
  /** The subscription's row as it was, locked. */
  readonly before: Subscription;
  /** The uid of the event that causes what is done now. */
  readonly cause: string | null;
  readonly now: Date;
}

/** What was done for a subscription. */
export interface Served {
  readonly hold: Hold | null;
  readonly jobs: readonly Job[];
  /** The server that the subscription pays for; null: it has none, or that one is being destroyed. */
  readonly serverId: string | null;
  /** Look again after so long: the cause of a hold may end without a notice. null: no need. */
  readonly lookAgainMs: number | null;
}

const nothing: Served = { hold: null, jobs: [], serverId: null, lookAgainMs: null };
const soldOutAgainMs = 60_000;
/** Then the rebuild that changes the plan has ended: it fails for good after an hour. */
const planAgainMs = 65 * 60_000;

/** Makes the server of a subscription do what the standing says. */
export function* serve(context: Context, serving: Serving): Steps<Served> {
  const { standing } = serving.application.row;
  const current = yield* currentServer(context, serving);
  if (current === null) return serves(standing) ? yield* begin(context, serving) : nothing;
  if (standing === 'over') return yield* end(context, serving, current);
  const status = yield* statusAhead(context, current.server);
  return serves(standing)
    ? yield* keepServing(context, serving, { ...current, status })
    : yield* suspend(context, serving, { ...current, status });
}

interface Current {
  readonly purchase: Purchase;
  readonly server: Server;
}

const currentOf = hot('current_server', ({ db, t: { purchases, servers } }) => {
  const joined = db.select({ purchase: purchases, server: servers }).from(purchases);
  return joined
    .innerJoin(servers, eq(servers.purchaseId, purchases.id))
    .where(and(eq(purchases.subscriptionId, sql.placeholder('id')), isNull(purchases.endedAt)));
});

function* currentServer(context: Context, { application, before }: Serving): Steps<Current | null> {
  const [current] = yield* askHot(currentOf, { id: before.id });
  if (current) return current;
  return serves(application.row.standing) ? yield* takeOnMarked(context, application) : null;
}

/** A server that was bought by a call of the API, and that an operator has written into the subscription's metadata. */
function* takeOnMarked({ db, t }: Context, { row, marked }: Application): Steps<Current | null> {
  const joined = db.select({ purchase: t.purchases, server: t.servers }).from(t.servers);
  const ofServers = joined.innerJoin(t.purchases, eq(t.purchases.id, t.servers.purchaseId));
  const [found] = yield* ask(ofServers.where(eq(t.servers.id, marked ?? '')));
  if (!found || found.purchase.subscriptionId !== null || isGoing(found.server.status)) return null;
  const [purchase] = yield* ask(
    db
      .update(t.purchases)
      .set({ subscriptionId: row.id, paidAt: row.paidAt })
      .where(and(eq(t.purchases.id, found.purchase.id), isNull(t.purchases.subscriptionId)))
      .returning(),
  );
  return purchase ? { purchase, server: found.server } : null;
}

function isGoing(status: ServerStatus): boolean {
  return status === 'destroying' || status === 'destroyed';
}

function isSuspended(status: ServerStatus): boolean {
  return status === 'suspending' || status === 'suspended';
}

/** Buys a server, unless something holds it. */
function* begin(context: Context, serving: Serving): Steps<Served> {
  const { offer, terms } = serving.application;
  const isLost = yield* hasLostServer(context, serving);
  const hold = isLost ? 'has-server' : (offer.hold ?? offer.holdOfNew);
  if (hold !== null) return { ...nothing, hold, lookAgainMs: hold === 'sold-out' ? soldOutAgainMs : null };
  const closed = yield* whyClosed(context, { maxServers: terms.maxServers, now: serving.now });
  if (closed !== null) return { ...nothing, hold: 'sold-out', lookAgainMs: soldOutAgainMs };
  const { job, server } = yield* writePurchase(context, planPurchase(orderOf(serving)));
  return { ...nothing, jobs: [job], serverId: server.id };
}

/** Whether the mark names a server that this database never had: its machine may run. */
function* hasLostServer({ db, t }: Context, { application, before }: Serving): Steps<boolean> {
  const { marked, offer } = application;
  if (marked === null || marked === before.markedServer || offer.isReleased) return false;
  return (yield* ask(db.select({ id: t.servers.id }).from(t.servers).where(eq(t.servers.id, marked)))).length === 0;
}

function orderOf({ application: { row, offer, terms }, cause, now }: Serving): PurchaseOrder {
  const { customer, reference, paidAt: at } = row;
  const { plan, location } = offer;
  if (plan === null || location === null) throw new Error(`Subscription ${row.id} has neither an offer nor a hold.`);
  const order = { ...terms, customer, reference, plan, location, requestedBy: 'stripe', requestId: null, now } as const;
  return { ...order, paid: { subscriptionId: row.id, at }, cause };
}

/** Destroys the server. If the subscription is paid again, it gets another one. */
function* end(context: Context, serving: Serving, { purchase, server }: Current): Steps<Served> {
  const { db, t } = context;
  const { job } = yield* recordDestroy(context, server.id, actorOf(serving));
  yield* ask(db.update(t.purchases).set({ endedAt: serving.now }).where(eq(t.purchases.id, purchase.id)));
  return { ...nothing, jobs: [job] };
}

interface CurrentWithStatus extends Current {
  readonly status: ServerStatus;
}

function* suspend(context: Context, serving: Serving, { server, status }: CurrentWithStatus): Steps<Served> {
  if (isGoing(status)) return nothing;
  const serverId = server.id;
  // After a resume that failed, the customer is owed a server, and a suspension ends that.
  if (isSuspended(status) && server.owedSince === null) return { ...nothing, serverId };
  const { reason } = serving.application.row;
  const { job } = yield* recordSuspend(context, { serverId, reason }, actorOf(serving));
  return { ...nothing, jobs: [job], serverId };
}

function* keepServing(context: Context, serving: Serving, current: CurrentWithStatus): Steps<Served> {
  const { server, status } = current;
  if (isGoing(status)) return { ...nothing, hold: 'server-destroyed' };
  const planned = yield* changePlan(context, serving, current);
  if (!isSuspended(status) || !(yield* isSuspendedByUs(context, server.id))) return planned;
  const { job } = yield* recordResume(context, { serverId: server.id }, actorOf(serving));
  return { ...planned, jobs: [...planned.jobs, job] };
}

/** Whether the last suspension followed from a standing. Only a person resumes what a person has suspended. */
function* isSuspendedByUs({ db, t: { jobs } }: Context, serverId: string): Steps<boolean> {
  const { line, reason, position, requestedBy } = jobs;
  const suspensions = db
    .select({ requestedBy })
    .from(jobs)
    .where(and(eq(line, serverId), isNotNull(reason)));
  const [last] = yield* ask(suspensions.orderBy(desc(position)).limit(1));
  return last?.requestedBy === 'stripe';
}

/** A running server gets a new machine with the plan that is paid; one without a machine gets the plan. */
function* changePlan(
  context: Context,
  serving: Serving,
  { purchase, server, status }: CurrentWithStatus,
): Steps<Served> {
  const { db, t } = context;
  const { plan, hold } = serving.application.offer;
  const serverId = server.id;
  if (plan === null) return { ...nothing, hold, serverId };
  if (plan === purchase.plan) {
    const isStuck = server.plan !== plan && status === 'running';
    return { ...nothing, hold: isStuck ? 'plan-unchanged' : null, serverId };
  }
  yield* ask(db.update(t.purchases).set({ plan }).where(eq(t.purchases.id, purchase.id)));
  if (plan === server.plan && status === 'running') return { ...nothing, serverId };
  if (!allows(status, 'rebuild')) {
    yield* ask(db.update(t.servers).set({ plan }).where(eq(t.servers.id, serverId)));
    return { ...nothing, serverId };
  }
  const { job } = yield* recordRebuild(context, { serverId, location: null, plan }, actorOf(serving));
  return { ...nothing, jobs: [job], serverId, lookAgainMs: planAgainMs };
}

function actorOf({ cause, now }: Serving): Actor {
  return { requestedBy: 'stripe', requestId: null, now, cause };
}
