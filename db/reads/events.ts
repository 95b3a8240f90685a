import { type ActorName, type EventType, historyEventOf } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import { and, asc, desc, eq, gt, gte, lt, max, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { EventRow } from '#db/tables.ts';
import { isEventOf, onlyEventsOf } from './customers.ts';
import type { ReadSlice } from './figures.ts';

export interface EventFilter {
  readonly actor?: ActorName | undefined;
  readonly type?: EventType | undefined;
  readonly serverId?: string | undefined;
  /** Only those of this customer; null or not given: all. */
  readonly owner?: string | null | undefined;
  /** Only events of this time and later. */
  readonly since?: Date | undefined;
  /** Only events before the one with this number; the newest come first. */
  readonly before?: number | undefined;
  readonly limit: number;
}

export interface FoundEvents {
  readonly events: readonly EventRow[];
  /** `before` of the next page; null: there are no more. */
  readonly next: number | null;
}

/** Searching so many events takes SQLite about 3 ms, in which it blocks the event loop. */
const sliceSize = 5_000;
/** Only servers and subjects have an index, since each index costs every purchase a page. */
const mostSearched = 100_000;
const lastNumber = 2 ** 31 - 1;

/**
 * The newest events that match. Without a server it looks at 100,000 events at most, so it may find fewer than `limit`
 * although others follow.
 */
export async function readEvents(slice: ReadSlice, filter: EventFilter): Promise<FoundEvents> {
  const { since, serverId, before, limit } = filter;
  const after = since ? await slice((context) => readLastBefore(context, since)) : 0;
  if (serverId !== undefined) {
    const range = { after, before: before ?? lastNumber };
    return pageOf(await slice((context) => readRange(context, filter, range)), limit);
  }
  return search(slice, filter, { after, before: before ?? (await slice(readNewest)) + 1 });
}

async function search(slice: ReadSlice, filter: EventFilter, { after, before }: Range): Promise<FoundEvents> {
  const { limit } = filter;
  const last = Math.max(after, before - 1 - mostSearched);
  const events: EventRow[] = [];
  for (let end = before; end - 1 > last; end -= sliceSize) {
    const range = { after: Math.max(last, end - 1 - sliceSize), before: end };
    events.push(...(await slice((context) => readRange(context, { ...filter, limit: limit - events.length }, range))));
    if (events.length > limit) return pageOf(events, limit);
  }
  return { events, next: last > after ? last + 1 : null };
}

function pageOf(found: readonly EventRow[], limit: number): FoundEvents {
  const events = found.slice(0, limit);
  return { events, next: found.length > limit ? (events.at(-1)?.id ?? null) : null };
}

/** The numbers of the events between these two, without them. */
interface Range {
  readonly after: number;
  readonly before: number;
}

/** One more than `limit`, so that the caller sees whether others follow. */
function* readRange(context: Context, filter: EventFilter, { after, before }: Range): Steps<EventRow[]> {
  const { db, t } = context;
  const { events } = t;
  const { actor, type, serverId, owner, since, limit } = filter;
  const matches = and(
    serverId === undefined ? undefined : eq(events.serverId, serverId),
    owner == null ? undefined : isEventOf(context, owner),
    actor && eq(events.actor, actor),
    type && eq(events.type, type),
    since && gte(events.at, since),
  );
  const inRange = and(gt(events.id, after), lt(events.id, before));
  return yield* ask(
    db
      .select()
      .from(events)
      .where(and(matches, inRange))
      .orderBy(desc(events.id))
      .limit(limit + 1),
  );
}

export function* readNewest({ db, t: { events } }: Context): Steps<number> {
  const [newest] = yield* ask(db.select({ id: max(events.id) }).from(events));
  return newest?.id ?? 0;
}

/** Longer than a transaction can wait for the database after it has read the time, and than clocks may differ. */
export const longestDelayMs = 60_000;

/** A number so low that every event since then has a greater one. The uids sort by time. */
export function* readLastBefore({ db, t: { events } }: Context, since: Date): Steps<number> {
  const bound = newId('evt', new Date(Math.max(0, since.getTime() - longestDelayMs)));
  const earlier = db.select({ id: events.id }).from(events).where(lt(events.uid, bound));
  const [last] = yield* ask(earlier.orderBy(desc(events.uid)).limit(1));
  return last?.id ?? 0;
}

/** The events after the one with this number, in the order in which they were written. */
export function* eventsAfter({ db, t: { events } }: Context, after: number, limit: number): Steps<EventRow[]> {
  return yield* ask(db.select().from(events).where(gt(events.id, after)).orderBy(asc(events.id)).limit(limit));
}

const eventByUid = hot('event_by_uid', ({ db, t: { events } }) =>
  db
    .select()
    .from(events)
    .where(eq(events.uid, sql.placeholder('uid'))),
);

/** A chain grows by one with each act of a person or of the service, so that a longer one is a fault. */
const longestChain = 100;

export interface EventWithCauses {
  readonly event: EventRow;
  /** The event's cause, the cause of that, and so on to the first. */
  readonly causes: readonly EventRow[];
}

/** null: there is no such event, or none of this owner; its causes of others are left out. */
export function* readEventWithCauses(
  context: Context,
  uid: string,
  owner: string | null = null,
): Steps<EventWithCauses | null> {
  const found = yield* readChain(uid);
  if (owner === null || found === null) return found;
  const own = yield* onlyEventsOf(context, [found.event, ...found.causes], owner);
  if (!own.has(found.event.uid)) return null;
  return { event: found.event, causes: found.causes.filter((cause) => own.has(cause.uid)) };
}

function* readChain(uid: string): Steps<EventWithCauses | null> {
  const [event] = yield* askHot(eventByUid, { uid });
  if (!event) return null;
  const causes: EventRow[] = [];
  for (let next = event.cause; next !== null && causes.length < longestChain; ) {
    const [cause] = yield* askHot(eventByUid, { uid: next });
    if (cause) causes.push(cause);
    next = cause?.cause ?? null;
  }
  return { event, causes };
}

/** The most events of a chain, which a page shows. */
const mostInChain = 400;

/** These events, their causes, the causes of those, and so on; each once, in the order in which they were written. */
export function* readCauses(_: Context, events: readonly EventRow[]): Steps<EventRow[]> {
  const found = new Map(events.map((event) => [event.uid, event]));
  for (const { cause } of found.values()) {
    if (cause === null || found.has(cause) || found.size >= mostInChain) continue;
    // A map goes on with what is added while it is read.
    for (const event of yield* askHot(eventByUid, { uid: cause })) found.set(event.uid, event);
  }
  return [...found.values()].sort((one, other) => one.id - other.id);
}

export interface HistoryEntry extends EventRow {
  readonly event: string;
}

/** The events of a server, oldest first, only those after the given number. */
export function* readHistory(
  { db, t: { events } }: Context,
  { serverId, after, limit }: { serverId: string; after: number; limit: number },
): Steps<HistoryEntry[]> {
  const ofServer = and(eq(events.serverId, serverId), gt(events.id, after));
  const rows = yield* ask(db.select().from(events).where(ofServer).orderBy(asc(events.id)).limit(limit));
  return rows.map((row) => ({ ...row, event: historyEventOf(row.type) }));
}
