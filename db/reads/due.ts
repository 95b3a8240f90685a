import { and, asc, eq, gt, isNull, lte, or } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';

export type ReleasedJob = Pick<Job, 'id' | 'kind' | 'serverId' | 'requestId' | 'createdAt' | 'dueAt' | 'releasedAt'>;

/**
 * The released jobs that are due, oldest first: each of them must be live in the queue. Jobs released after
 * `releasedBefore` are left out; their releasers are still publishing them.
 */
export function* readDue(
  { db, t: { jobs } }: Context,
  { now, releasedBefore }: { now: Date; releasedBefore: Date },
): Steps<ReleasedJob[]> {
  const { id, kind, serverId, requestId, createdAt, dueAt, releasedAt } = jobs;
  const isDue = or(isNull(dueAt), lte(dueAt, now));
  // A future releasedAt comes from a host with a wrong clock; treat it as due.
  const isForSweeper = or(lte(releasedAt, releasedBefore), gt(releasedAt, now));
  return yield* ask(
    db
      .select({ id, kind, serverId, requestId, createdAt, dueAt, releasedAt })
      .from(jobs)
      .where(and(eq(jobs.state, 'released'), isDue, isForSweeper))
      .orderBy(asc(id)),
  );
}
