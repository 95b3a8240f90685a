import { literal } from '#db/literal.ts';
import { failuresUntilProbe, sentAtOnce } from '#db/news.ts';
import type { Delivery, Endpoint } from '#db/news-tables.ts';
import { and, asc, desc, eq, inArray, lt, sql } from '#db/orm.ts';
import { ask, askHot, type Context, given, hot, type Steps } from '#db/steps.ts';

/** Every endpoint, oldest first. */
export function* readEndpoints({ db, t: { endpoints } }: Context): Steps<Endpoint[]> {
  return yield* ask(db.select().from(endpoints).orderBy(asc(endpoints.id)));
}

/** null: there is no such endpoint. */
export function* readEndpoint({ db, t: { endpoints } }: Context, id: string): Steps<Endpoint | null> {
  const [endpoint] = yield* ask(db.select().from(endpoints).where(eq(endpoints.id, id)));
  return endpoint ?? null;
}

export interface DeliveryFilter {
  readonly endpointId: string;
  /** Only deliveries with a smaller id; the newest come first. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export function* readDeliveries(
  { db, t: { deliveries } }: Context,
  { endpointId, before, limit }: DeliveryFilter,
): Steps<Delivery[]> {
  const { id } = deliveries;
  const isOlder = before === undefined ? undefined : lt(id, before);
  const found = db.select().from(deliveries);
  return yield* ask(
    found
      .where(and(eq(deliveries.endpointId, endpointId), isOlder))
      .orderBy(desc(id))
      .limit(limit),
  );
}

export interface DeliveryWork {
  readonly delivery: Delivery;
  readonly endpoint: Endpoint;
}

const deliveryWork = hot('delivery_work', ({ db, t: { deliveries, endpoints } }) =>
  db
    .select({ delivery: deliveries, endpoint: endpoints })
    .from(deliveries)
    .innerJoin(endpoints, eq(endpoints.id, deliveries.endpointId))
    .where(eq(deliveries.id, sql.placeholder('id'))),
);

/** null: there is no such delivery, or its endpoint was deleted. */
export function* readDelivery(_: Context, id: string): Steps<DeliveryWork | null> {
  const [work] = yield* askHot(deliveryWork, { id });
  return work ?? null;
}

/** A delivery that the queue has to run. */
export interface DueDelivery {
  readonly id: string;
  readonly kind: 'deliver';
  readonly endpointId: string;
  readonly requestId: null;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly releasedAt: Date;
}

type DueRow = Pick<Delivery, 'id' | 'endpointId' | 'createdAt' | 'nextAt'>;
export type SendingEndpoint = Pick<Endpoint, 'id' | 'state' | 'failures' | 'probeAt'>;

const sendingEndpoints = hot('sending_endpoints', ({ db, t: { endpoints } }) => {
  const { id, state, failures, probeAt } = endpoints;
  return db
    .select({ id, state, failures, probeAt })
    .from(endpoints)
    .where(eq(state, literal('on')))
    .orderBy(asc(id));
});

/**
 * The deliveries that are due: of each endpoint the first two, and of one that fails a single one, at the time of its
 * probe. When one of them has ended, the next one is due.
 */
export function* readDueDeliveries(context: Context, now: Date): Steps<DueDelivery[]> {
  const due: DueDelivery[] = [];
  for (const endpoint of yield* askHot(sendingEndpoints, {})) due.push(...(yield* headsOf(context, endpoint, now)));
  return due;
}

const firstDue = hot('first_due_deliveries', ({ db, t: { deliveries } }) => {
  const { id, endpointId, createdAt, nextAt, state } = deliveries;
  const isDue = sql`${nextAt} <= ${given('now', nextAt)}`;
  const isOpen = and(eq(endpointId, sql.placeholder('endpointId')), eq(state, literal('waiting')), isDue);
  return db
    .select({ id, endpointId, createdAt, nextAt })
    .from(deliveries)
    .where(isOpen)
    .orderBy(asc(nextAt), asc(id))
    .limit(sql.placeholder('limit'));
});

/** The deliveries of this endpoint that are due and may run now. */
export function* headsOf(_: Context, endpoint: SendingEndpoint, now: Date): Steps<DueDelivery[]> {
  const limit = mayRun(endpoint, now);
  if (limit === 0) return [];
  return (yield* askHot(firstDue, { endpointId: endpoint.id, now, limit })).map(dueDelivery);
}

/** How many deliveries of the endpoint may run now. */
export function mayRun({ state, failures, probeAt }: SendingEndpoint, now: Date): number {
  if (state === 'off') return 0;
  if (failures < failuresUntilProbe) return sentAtOnce;
  return probeAt === null || probeAt <= now ? 1 : 0;
}

function dueDelivery({ id, endpointId, createdAt, nextAt }: DueRow): DueDelivery {
  return { id, kind: 'deliver', endpointId, requestId: null, createdAt, dueAt: nextAt, releasedAt: nextAt };
}

/** Those of the deliveries that are still waiting, at an endpoint that is on. */
export function* readOpenDeliveries({ db, t }: Context, ids: readonly string[]): Steps<DueDelivery[]> {
  const { deliveries, endpoints } = t;
  const { id, endpointId, createdAt, nextAt, state } = deliveries;
  const rows = db.select({ id, endpointId, createdAt, nextAt }).from(deliveries);
  const isOpen = and(inArray(id, [...ids]), eq(state, literal('waiting')), eq(endpoints.state, literal('on')));
  return (yield* ask(rows.innerJoin(endpoints, eq(endpoints.id, endpointId)).where(isOpen))).map(dueDelivery);
}
