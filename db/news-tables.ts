import type { Columns } from './columns.ts';
import type { ActorName, EventType } from './events.ts';
import { deliveryStates, endpointStates, type NewsType, type OffReason } from './news.ts';

/** The tables of webhooks. A trigger writes the deliveries of each event in the transaction of the event. */
export function newsTables(c: Columns) {
  return { endpoints: endpointTable(c), deliveries: deliveryTable(c) };
}

function endpointTable(c: Columns) {
  return c.table('endpoints', {
    /** `hook-…` */
    id: c.text('id').primaryKey(),
    url: c.text('url').notNull(),
    types: c.json('types').$type<NewsType[]>().notNull(),
    secretSealed: c.text('secret_sealed').notNull(),
    /** The secret before the last rotation; it signs too until `oldUntil`. */
    oldSealed: c.text('old_sealed'),
    oldUntil: c.time('old_until'),
    state: c.oneOf('state', endpointStates).notNull(),
    /** null: it is on. */
    offReason: c.text('off_reason').$type<OffReason>(),
    /** In a row, up to now. */
    failures: c.int('failures').notNull(),
    /** When the first of these failed. */
    failingSince: c.time('failing_since'),
    /** The delivery that failed first. */
    failingId: c.text('failing_id'),
    /** When another delivery failed, 12 hours after the first or later. */
    apartAt: c.time('apart_at'),
    /** The next attempt to reach an endpoint that failed five times. */
    probeAt: c.time('probe_at'),
    createdBy: c.text('created_by').$type<ActorName>().notNull(),
    createdAt: c.time('created_at').notNull(),
  });
}

function deliveryTable(c: Columns) {
  return c.table('deliveries', {
    /** `dlv-…`; begins with the time of its event. */
    id: c.text('id').primaryKey(),
    endpointId: c.text('endpoint_id').notNull(),
    /** The uid of the event. */
    eventId: c.text('event_id').notNull(),
    type: c.text('type').$type<EventType>().notNull(),
    /** The body of every attempt, byte for byte. */
    message: c.text('message').notNull(),
    /** The time of the event. */
    createdAt: c.time('created_at').notNull(),
    state: c.oneOf('state', deliveryStates).notNull(),
    attempts: c.int('attempts').notNull(),
    nextAt: c.time('next_at').notNull(),
    /** The HTTP status of the last answer; null: there was none. */
    lastStatus: c.int('last_status'),
    lastError: c.text('last_error'),
    deliveredAt: c.time('delivered_at'),
  });
}

type NewsTables = ReturnType<typeof newsTables>;
export type Endpoint = NewsTables['endpoints']['$inferSelect'];
export type Delivery = NewsTables['deliveries']['$inferSelect'];
