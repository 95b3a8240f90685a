import { firstId, timeOfId } from '#db/ids.ts';
import { and, desc, eq, gte, isNotNull, lt, type SQL } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { EventRow } from '#db/tables.ts';

/** The events about the thing that a handle names, also long after its rows are gone. */
export interface Named {
  readonly events: readonly EventRow[];
  /** null: the handle does not name one server. */
  readonly serverId: string | null;
  /** The machine's name; null: the handle names none. */
  readonly machine: string | null;
  /** Whether older events about it are left out. */
  readonly isCut: boolean;
}

/** The newest events that are shown of one thing. */
export const mostShown = 100;
export function* ofServer(context: Context, serverId: string): Steps<Named> {
  const { events, isCut } = shown(yield* newest(context, eq(context.t.events.serverId, serverId), mostShown + 1));
  return { events, serverId, machine: null, isCut };
}

/** `found` begins with the newest. */
export function shown(found: readonly EventRow[]): Pick<Named, 'events' | 'isCut'> {
  return { events: found.slice(0, mostShown), isCut: found.length > mostShown };
}

export function* newest({ db, t: { events } }: Context, condition: SQL | undefined, limit: number): Steps<EventRow[]> {
  return yield* ask(db.select().from(events).where(condition).orderBy(desc(events.id)).limit(limit));
}

export const nothing: Named = { events: [], serverId: null, machine: null, isCut: false };

export function* ofJob(context: Context, jobId: string): Steps<Named> {
  const serverId = yield* serverOfJob(context, jobId);
  if (serverId === null) return nothing;
  const { t } = context;
  const ofThisJob = and(eq(t.events.serverId, serverId), eq(t.events.jobId, jobId));
  return { ...shown(yield* newest(context, ofThisJob, mostShown + 1)), serverId, machine: null };
}

function* serverOfJob(context: Context, jobId: string): Steps<string | null> {
  const { db, t } = context;
  const [job] = yield* ask(db.select({ serverId: t.jobs.serverId }).from(t.jobs).where(eq(t.jobs.id, jobId)));
  if (job) return job.serverId;
  const event = (yield* writtenWith(context, jobId)).find((event) => event.jobId === jobId);
  return event?.serverId ?? null;
}

/** More than one transaction writes in a millisecond. */
const mostInMillisecond = 1_000;

/** The events of servers that were written in the millisecond in which this id was made: a new row comes with one. */
export function* writtenWith({ db, t: { events } }: Context, id: string): Steps<EventRow[]> {
  const time = timeOfId(id);
  if (time === null) return [];
  const [from, to] = [time, new Date(time.getTime() + 1)].map((bound) => firstId('evt', bound));
  const inTime = and(gte(events.uid, from ?? ''), lt(events.uid, to ?? ''), isNotNull(events.serverId));
  return yield* ask(db.select().from(events).where(inTime).limit(mostInMillisecond));
}
