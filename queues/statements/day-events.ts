import { createHash } from 'node:crypto';
import type { EventType } from '#db/events.ts';
import type { Amount } from '#db/statements.ts';
import type { Store } from '#db/store.ts';
import type { EventRow } from '#db/tables.ts';
import { sums } from './amounts.ts';

/** What the events of a day say. */
export interface DayEvents {
  readonly count: number;
  /** The SHA-256 of all of them, in their order. */
  readonly digest: string;
  readonly refunded: readonly Amount[];
  readonly disputed: readonly Amount[];
}

const refunds: readonly EventType[] = ['payment.refunded', 'payment.refund_failed'];
const disputes: readonly EventType[] = ['payment.disputed', 'payment.dispute_ended'];

export async function readDayEvents(store: Pick<Store, 'readEventsWithin'>, from: Date, to: Date): Promise<DayEvents> {
  const digest = createHash('sha256');
  const refunded: Amount[] = [];
  const disputed: Amount[] = [];
  let count = 0;
  await store.readEventsWithin(from, to, (events) => {
    count += events.length;
    for (const event of events) {
      digest.update(`${textOf(event)}\n`);
      if (refunds.includes(event.type)) refunded.push(...changeIn(event));
      if (disputes.includes(event.type)) disputed.push(...changeIn(event));
    }
  });
  return { count, digest: digest.digest('hex'), refunded: sums(refunded), disputed: sums(disputed) };
}

/** Without the number, which a restored database gives to another event. */
function textOf({ id: _, at, ...event }: EventRow): string {
  const { uid, type, actor, cause, requestId, serverId, jobId, subscriptionId, subject, detail } = event;
  const ids = [serverId, jobId, subscriptionId, subject];
  return JSON.stringify([uid, at.toISOString(), type, actor, cause, requestId, ...ids, detail]);
}

/** How much more, or less, was returned or disputed than before. */
function changeIn({ detail }: EventRow): Amount[] {
  if (typeof detail !== 'object' || detail === null || !('change' in detail && 'currency' in detail)) return [];
  const { change: amount, currency } = detail;
  return typeof amount === 'number' && typeof currency === 'string' ? [{ currency, amount }] : [];
}
