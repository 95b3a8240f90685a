import { literal } from '#db/literal.ts';
import { and, asc, desc, eq, gt, gte, isNotNull, lte, ne, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Schedule } from '#db/tables.ts';

/** null: the server has none. */
export function* readSchedule({ db, t: { schedules } }: Context, serverId: string): Steps<Schedule | null> {
  const [schedule] = yield* ask(db.select().from(schedules).where(eq(schedules.serverId, serverId)));
  return schedule ?? null;
}

/** By the id of the server, only those after the given one. */
export function* readSchedules(
  { db, t: { schedules } }: Context,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Steps<Schedule[]> {
  const isAfter = after === undefined ? undefined : gt(schedules.serverId, after);
  return yield* ask(db.select().from(schedules).where(isAfter).orderBy(asc(schedules.serverId)).limit(limit));
}

/** The servers whose schedules are due, the longest due first. */
export function* readDueSchedules({ db, t: { schedules } }: Context, now: Date, limit: number): Steps<string[]> {
  const { serverId, paused, nextAt } = schedules;
  const isDue = and(sql`${paused} = false`, lte(nextAt, now));
  const due = yield* ask(db.select({ serverId }).from(schedules).where(isDue).orderBy(asc(nextAt)).limit(limit));
  return due.map((row) => row.serverId);
}

/** How many of the last scheduled rebuilds that have ended since then failed. */
export function* countScheduledFailures(
  { db, t: { jobs } }: Context,
  { since, last }: { readonly since: Date; readonly last: number },
): Steps<number> {
  const isScheduled = and(eq(jobs.requestedBy, literal('schedule')), gte(jobs.createdAt, since));
  // The condition of the index, in its words.
  const hasRun = and(isNotNull(jobs.finishedAt), ne(jobs.state, 'cancelled'));
  const ended = db.select({ state: jobs.state }).from(jobs).where(and(isScheduled, hasRun));
  const rows = yield* ask(ended.orderBy(desc(jobs.id)).limit(last));
  return rows.filter(({ state }) => state === 'failed').length;
}
