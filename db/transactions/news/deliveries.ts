import { NotFoundError } from '#db/errors.ts';
import { firstId, newId } from '#db/ids.ts';
import { literal } from '#db/literal.ts';
import type { Delivery } from '#db/news-tables.ts';
import { and, asc, eq, gt, gte, inArray, isNull, lte, ne, sql } from '#db/orm.ts';
import { readLastBefore, readNewest } from '#db/reads/events.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { recordEvent } from '#db/transactions/events.ts';
import { type Actor, causedBy } from '#db/transactions/request.ts';
import { lockOn } from './endpoints.ts';

/** Makes a delivery due now, whatever its state, with all attempts before it. Throws NotFoundError, WebhookStateError. */
export function* retryDelivery(context: Context, id: string, actor: Actor): Steps<Delivery> {
  const { db, t } = context;
  const [found] = yield* ask(db.select().from(t.deliveries).where(eq(t.deliveries.id, id)));
  if (!found) throw new NotFoundError('delivery', id);
  yield* lockOn(context, found.endpointId);
  const changes = { ...again(actor.now), deliveredAt: null };
  const [due] = yield* ask(db.update(t.deliveries).set(changes).where(eq(t.deliveries.id, id)).returning());
  const detail = { webhook: found.endpointId, event: found.eventId };
  yield* recordEvent(context, { ...causedBy(actor), type: 'delivery.retried', subject: id, detail });
  return due ?? found;
}

/** A delivery that is due now, with all attempts before it. */
export function again(now: Date) {
  return { state: 'waiting', attempts: 0, nextAt: now } as const;
}

export interface Replay {
  readonly id: string;
  readonly since: Date;
}

/** The numbers of the events of a replay, from `after`, without it, to `last`. */
export interface ReplayRange {
  readonly after: number;
  readonly last: number;
}

/** Records that the news since then is sent again. Throws NotFoundError, WebhookStateError. */
export function* beginReplay(context: Context, { id, since }: Replay, actor: Actor): Steps<ReplayRange> {
  yield* lockOn(context, id);
  const range = { after: yield* readLastBefore(context, since), last: yield* readNewest(context) };
  const detail = { since: since.toISOString() };
  yield* recordEvent(context, { ...causedBy(actor), type: 'webhook.replayed', subject: id, detail });
  return range;
}

export interface ReplayPage extends Replay, ReplayRange {
  readonly now: Date;
}

/**
 * Makes the deliveries of a page of events due that were not delivered: those that failed or were cancelled, and those of
 * events that the endpoint never got one for. Returns how many.
 */
export function* replayEvents(context: Context, { id, since, after, last, now }: ReplayPage): Steps<number> {
  const { db, t } = context;
  const { types } = yield* lockOn(context, id);
  const inPage = and(gt(t.events.id, after), lte(t.events.id, last));
  const wanted = and(inPage, gte(t.events.at, since), inArray(t.events.type, types));
  const page = yield* ask(db.select({ id: t.events.id, uid: t.events.uid }).from(t.events).where(wanted));
  if (page.length === 0) return 0;
  const reopened = yield* reopen(context, id, { uids: page.map(({ uid }) => uid), now });
  return reopened + (yield* addMissing(context, id, { ids: page.map((event) => event.id), now }));
}

function* reopen(
  { db, t: { deliveries } }: Context,
  endpointId: string,
  { uids, now }: { readonly uids: readonly string[]; readonly now: Date },
): Steps<number> {
  const isOurs = and(eq(deliveries.endpointId, endpointId), inArray(deliveries.eventId, [...uids]));
  const isOver = inArray(deliveries.state, ['failed', 'cancelled']);
  const reopened = db.update(deliveries).set(again(now)).where(and(isOurs, isOver));
  return (yield* ask(reopened.returning({ id: deliveries.id }))).length;
}

interface NewsRow extends Pick<Delivery, 'type' | 'message'> {
  readonly uid: string;
  readonly at: Date;
}

function* addMissing(
  { db, t: { deliveries, events } }: Context,
  endpointId: string,
  { ids, now }: { readonly ids: readonly number[]; readonly now: Date },
): Steps<number> {
  const isDelivery = and(eq(deliveries.eventId, events.uid), eq(deliveries.endpointId, endpointId));
  const message = sql<string>`(select message from news where news.id = ${events.id})`;
  const missing: NewsRow[] = yield* ask(
    db
      .select({ uid: events.uid, type: events.type, at: events.at, message })
      .from(events)
      .leftJoin(deliveries, isDelivery)
      .where(and(inArray(events.id, [...ids]), isNull(deliveries.id)))
      .orderBy(asc(events.id)),
  );
  const rows = missing.map((news) => deliveryOf(news, endpointId, now));
  if (rows.length > 0) yield* ask(db.insert(deliveries).values(rows).onConflictDoNothing());
  return rows.length;
}

function deliveryOf({ uid, type, at, message }: NewsRow, endpointId: string, now: Date): Delivery {
  const about = { id: newId('dlv', at), endpointId, eventId: uid, type, message, createdAt: at };
  return { ...about, ...again(now), lastStatus: null, lastError: null, deliveredAt: null };
}

/** Cancels up to `limit` waiting deliveries of an endpoint that is off; returns how many. */
export function* cancelDeliveries(context: Context, limit: number): Steps<number> {
  const { db, t } = context;
  const { deliveries, endpoints } = t;
  const isWaiting = and(eq(endpoints.state, literal('off')), eq(deliveries.state, literal('waiting')));
  const found = db.select({ id: deliveries.id }).from(endpoints);
  const ofOff = found.innerJoin(deliveries, eq(deliveries.endpointId, endpoints.id)).where(isWaiting).limit(limit);
  return yield* cancelAll(context, yield* ask(ofOff));
}

function* cancelAll({ db, t: { deliveries } }: Context, found: readonly Pick<Delivery, 'id'>[]): Steps<number> {
  const ids = found.map(({ id }) => id);
  if (ids.length > 0) yield* ask(db.update(deliveries).set({ state: 'cancelled' }).where(inArray(deliveries.id, ids)));
  return ids.length;
}

/** Cancels up to `limit` waiting deliveries whose endpoint was deleted, and which `forgetDeliveries` did not reach. */
export function* cancelForgotten(context: Context, limit: number): Steps<number> {
  const { db, t } = context;
  const { deliveries, endpoints } = t;
  const isForgotten = and(eq(deliveries.state, literal('waiting')), isNull(endpoints.id));
  const page = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .leftJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .where(isForgotten)
    .limit(limit);
  return yield* cancelAll(context, yield* ask(page));
}

/** Deletes up to `limit` deliveries of a deleted endpoint; returns how many. */
export function* forgetDeliveries(
  { db, t: { deliveries } }: Context,
  endpointId: string,
  limit: number,
): Steps<number> {
  const page = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(eq(deliveries.endpointId, endpointId))
    .limit(limit);
  return (yield* ask(db.delete(deliveries).where(inArray(deliveries.id, page)).returning({ id: deliveries.id })))
    .length;
}

/** Deletes one page of the deliveries of events from before that time. */
export function* deleteDeliveries(
  { db, t: { deliveries } }: Context,
  { before, limit }: { readonly before: Date; readonly limit: number },
): Steps<number> {
  const { id, state } = deliveries;
  const isOld = and(sql`${id} < ${firstId('dlv', before)}`, ne(state, literal('waiting')));
  const page = db.select({ id }).from(deliveries).where(isOld).orderBy(asc(id)).limit(limit);
  return (yield* ask(db.delete(deliveries).where(inArray(id, page)).returning({ id }))).length;
}
