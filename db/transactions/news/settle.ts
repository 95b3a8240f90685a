import { literal } from '#db/literal.ts';
import { apartMs, failuresUntilProbe, type OffReason, offAfterMs } from '#db/news.ts';
import type { Endpoint } from '#db/news-tables.ts';
import { and, eq, ne, sql } from '#db/orm.ts';
import { type DueDelivery, headsOf, readEndpoint } from '#db/reads/news.ts';
import { ask, askHot, type Context, given, hot, type Steps } from '#db/steps.ts';
import { recordEvent } from '#db/transactions/events.ts';
import { again } from './deliveries.ts';
import { healthy, lockEndpoint } from './endpoints.ts';

/** The end of one attempt. */
export interface DeliveryEnd {
  readonly id: string;
  /** The address that was called. */
  readonly url: string;
  /** Attempts before this one, as the run read them. */
  readonly attempts: number;
  readonly end: 'delivered' | 'failed' | 'gone';
  /** The HTTP status of the answer; null: there was none. */
  readonly status: number | null;
  /** null: it was delivered. */
  readonly error: string | null;
  /** The next attempt after a failure; null: this was the last one. */
  readonly nextAt: Date | null;
  /** When an endpoint is tried again that has failed so many times in a row. */
  readonly probeAt: (failures: number) => Date;
  readonly now: Date;
}

export type SettledDelivery =
  | { readonly end: 'fenced' }
  | {
      readonly end: 'settled';
      /** Why the endpoint is off since this attempt; null: it is not. */
      readonly off: OffReason | null;
      /** The deliveries of this endpoint that are due now. */
      readonly due: readonly DueDelivery[];
    };

/**
 * The one transaction of a delivery's run. A failure of an attempt that was settled before changes nothing; a success
 * always counts.
 */
export function* settleDelivery(context: Context, ending: DeliveryEnd): Steps<SettledDelivery> {
  const closed = yield* closeAttempt(ending);
  if (closed === null) return { end: 'fenced' };
  const read = yield* readEndpoint(context, closed.endpointId);
  if (!read) return { end: 'settled', off: null, due: [] };
  const isUnchanged = ending.end === 'delivered' && read.failures === 0;
  const before = isUnchanged ? read : ((yield* lockEndpoint(context, read.id)) ?? read);
  if (before.url !== ending.url) return yield* settleElsewhere(context, before, ending);
  const after = ending.end === 'delivered' ? { ...before, ...healthy } : afterFailure(before, ending);
  if (!isUnchanged) yield* writeEndpoint(context, after);
  const off = before.state === 'on' && after.state === 'off' ? after.offReason : null;
  if (off !== null) yield* recordOff(context, after, { ...ending, cause: closed.eventId });
  return { end: 'settled', off, due: yield* headsOf(context, after, ending.now) };
}

/** The end at an earlier address says nothing of the endpoint's address now. If it failed, the delivery starts anew. */
function* settleElsewhere(context: Context, endpoint: Endpoint, { id, end, now }: DeliveryEnd): Steps<SettledDelivery> {
  const { db, t } = context;
  if (end !== 'delivered') yield* ask(db.update(t.deliveries).set(again(now)).where(eq(t.deliveries.id, id)));
  return { end: 'settled', off: null, due: yield* headsOf(context, endpoint, now) };
}

const closeDelivered = hot('delivery_delivered', ({ db, t: { deliveries } }) =>
  db
    .update(deliveries)
    .set({
      state: 'delivered',
      attempts: given('attempts', deliveries.attempts),
      lastStatus: given('status', deliveries.lastStatus),
      lastError: null,
      deliveredAt: given('now', deliveries.deliveredAt),
    })
    .where(and(eq(deliveries.id, sql.placeholder('id')), ne(deliveries.state, literal('delivered'))))
    .returning({ endpointId: deliveries.endpointId, eventId: deliveries.eventId }),
);

const closeFailed = hot('delivery_failed', ({ db, t: { deliveries } }) => {
  const { id, state, attempts, nextAt, lastStatus, lastError, endpointId, eventId } = deliveries;
  const isUnsettled = and(eq(state, literal('waiting')), eq(attempts, sql.placeholder('before')));
  return db
    .update(deliveries)
    .set({
      state: given('state', state),
      attempts: given('attempts', attempts),
      nextAt: given('nextAt', nextAt),
      lastStatus: given('status', lastStatus),
      lastError: given('error', lastError),
    })
    .where(and(eq(id, sql.placeholder('id')), isUnsettled))
    .returning({ endpointId, eventId });
});

interface Closed {
  readonly endpointId: string;
  readonly eventId: string;
}

/** null: another run settled this attempt. */
function* closeAttempt({ id, attempts: before, end, status, error, nextAt, now }: DeliveryEnd): Steps<Closed | null> {
  const attempts = before + 1;
  if (end === 'delivered') return (yield* askHot(closeDelivered, { id, attempts, status, now }))[0] ?? null;
  const state = nextAt === null ? 'failed' : 'waiting';
  const values = { id, before, attempts, state, nextAt: nextAt ?? now, status, error };
  return (yield* askHot(closeFailed, values))[0] ?? null;
}

function afterFailure(before: Endpoint, { id, end, probeAt, now }: DeliveryEnd): Endpoint {
  const failures = before.failures + 1;
  const failingSince = before.failingSince ?? now;
  const failingId = before.failingId ?? id;
  const isApart = id !== failingId && now.getTime() - failingSince.getTime() >= apartMs;
  const apartAt = before.apartAt ?? (isApart ? now : null);
  const failing = { ...before, failures, failingSince, failingId, apartAt };
  if (end === 'gone') return off(failing, 'gone');
  if (apartAt && now.getTime() - failingSince.getTime() >= offAfterMs) return off(failing, 'failing');
  return { ...failing, probeAt: failures < failuresUntilProbe ? null : probeAt(failures) };
}

function off(endpoint: Endpoint, offReason: OffReason): Endpoint {
  return endpoint.state === 'off' ? endpoint : { ...endpoint, state: 'off', offReason, probeAt: null };
}

/** Only what an attempt changes: an operator may be changing the rest. */
function* writeEndpoint({ db, t: { endpoints } }: Context, endpoint: Endpoint): Steps<void> {
  const { id, state, offReason, failures, failingSince, failingId, apartAt, probeAt } = endpoint;
  const changes = { state, offReason, failures, failingSince, failingId, apartAt, probeAt };
  yield* ask(db.update(endpoints).set(changes).where(eq(endpoints.id, id)));
}

interface Off {
  readonly now: Date;
  readonly cause: string;
}

function recordOff(context: Context, { id, offReason }: Endpoint, { now, cause }: Off): Steps<string> {
  const about = { at: now, cause, subject: id, detail: { reason: offReason } };
  return recordEvent(context, { type: 'webhook.off', actor: 'worker', ...about });
}
