import { turnOf } from '#db/events.ts';
import { and, asc, desc, eq, inArray, lt } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { CallRow, EventRow } from '#db/tables.ts';
import { onlyEventsOf } from './customers.ts';
import { readCauses } from './events.ts';
import { type Handle, readNamed } from './handles.ts';
import type { Named } from './named-events.ts';

/** One event of the chain. */
export interface Link {
  readonly event: EventRow;
  /** The uids of the events without which it would not have happened; all are in the chain. */
  readonly causes: readonly string[];
  /** For the end of a job: what its runs changed. */
  readonly calls: readonly CallRow[];
}

export interface Why extends Pick<Named, 'serverId' | 'machine' | 'isCut'> {
  /** In the order in which the events were written. */
  readonly chain: readonly Link[];
}

/**
 * Why something exists, or no longer does: the events about it with all of their causes, and for each server among them
 * its purchase and the payment before that. null: nothing is recorded about it. With an owner, nothing of others is read.
 */
export function* readWhy(context: Context, handle: Handle, owner: string | null = null): Steps<Why | null> {
  const named = yield* readNamed(context, handle);
  if (!named) return null;
  const { serverId, machine, isCut } = named;
  const purchases = yield* purchasesOf(context, named.events);
  const payments = yield* paymentsBefore(context, purchases);
  const about = [...named.events, ...purchases, ...payments.values()];
  const all = yield* readCauses(context, about);
  const own = owner === null ? null : yield* onlyEventsOf(context, all, owner);
  if (own && !named.events.every(({ uid }) => own.has(uid))) return null;
  const events = own ? all.filter(({ uid }) => own.has(uid)) : all;
  const calls = yield* callsOf(context, events);
  const byUid = new Map(events.map((event) => [event.uid, event]));
  const causesOf = ({ cause, uid }: EventRow) =>
    [byUid.get(cause ?? ''), payments.get(uid)].filter((found) => found !== undefined);
  const chain = events.map((event) => ({
    event,
    causes: causesOf(event).map(({ uid }) => uid),
    calls: endsJob(event) ? (calls.get(event.jobId ?? '') ?? []) : [],
  }));
  return { serverId, machine, isCut, chain };
}

function* purchasesOf({ db, t: { events } }: Context, of: readonly EventRow[]): Steps<EventRow[]> {
  const purchases: EventRow[] = [];
  for (const serverId of new Set(of.map((event) => event.serverId))) {
    if (serverId === null) continue;
    const isPurchase = and(eq(events.serverId, serverId), eq(events.type, 'server.purchased'));
    purchases.push(...(yield* ask(db.select().from(events).where(isPurchase).orderBy(asc(events.id)).limit(1))));
  }
  return purchases;
}

/** The newest payment of the subscription before each purchase, by the purchase's uid. */
function* paymentsBefore({ db, t: { events } }: Context, purchases: readonly EventRow[]): Steps<Map<string, EventRow>> {
  const payments = new Map<string, EventRow>();
  for (const { uid, id, subscriptionId } of purchases) {
    if (subscriptionId === null) continue;
    const isPayment = and(eq(events.subscriptionId, subscriptionId), eq(events.type, 'payment.received'));
    const before = db
      .select()
      .from(events)
      .where(and(isPayment, lt(events.id, id)));
    const [payment] = yield* ask(before.orderBy(desc(events.id)).limit(1));
    if (payment) payments.set(uid, payment);
  }
  return payments;
}

function endsJob({ type }: EventRow): boolean {
  const turn = turnOf(type);
  return turn === 'succeeded' || turn === 'failed' || turn === 'cancelled';
}

function* callsOf({ db, t }: Context, events: readonly EventRow[]): Steps<Map<string, CallRow[]>> {
  const ids = events.filter(endsJob).flatMap(({ jobId }) => (jobId === null ? [] : [jobId]));
  if (ids.length === 0) return new Map();
  const { jobId, n } = t.calls;
  const rows = yield* ask(db.select().from(t.calls).where(inArray(jobId, ids)).orderBy(asc(jobId), asc(n)));
  return Map.groupBy(rows, (row) => row.jobId);
}
