import { and, asc, eq, gt, inArray, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';

export type ReleasedJob = Pick<
  Job,
  'id' | 'kind' | 'serverId' | 'rank' | 'requestedBy' | 'requestId' | 'createdAt' | 'dueAt' | 'releasedAt'
>;

export interface DuePage {
  /** The due jobs of the page, oldest first. */
  readonly ids: readonly string[];
  /** The last released job of the page, due or not. null: no page follows. */
  readonly last: string | null;
}

const releasedPage = hot('released_page', ({ db, t: { jobs } }) => {
  const { id, dueAt, releasedAt } = jobs;
  return db
    .select({ id, dueAt, releasedAt })
    .from(jobs)
    .where(and(eq(jobs.state, 'released'), gt(id, sql.placeholder('after'))))
    .orderBy(asc(id))
    .limit(sql.placeholder('limit'));
});

/**
 * A page of the released jobs: those that are due must be live in the queue. Jobs released after `releasedBefore` are
 * left out; their releasers are still publishing them.
 */
export function* readDuePage(
  _: Context,
  { now, releasedBefore, ...page }: { now: Date; releasedBefore: Date; after: string; limit: number },
): Steps<DuePage> {
  const rows = yield* askHot(releasedPage, page);
  const isDue = ({ dueAt }: (typeof rows)[number]) => dueAt === null || dueAt <= now;
  // A future releasedAt comes from a host with a wrong clock; treat it as due.
  const isForSweeper = ({ releasedAt }: (typeof rows)[number]) =>
    releasedAt !== null && (releasedAt <= releasedBefore || releasedAt > now);
  const ids = rows.filter((row) => isDue(row) && isForSweeper(row)).map(({ id }) => id);
  return { ids, last: rows.length < page.limit ? null : (rows.at(-1)?.id ?? null) };
}

/** The jobs with these ids that are still released, oldest first. */
export function* readReleased({ db, t: { jobs } }: Context, ids: readonly string[]): Steps<ReleasedJob[]> {
  const { id, kind, serverId, rank, requestedBy, requestId, createdAt, dueAt, releasedAt } = jobs;
  return yield* ask(
    db
      .select({ id, kind, serverId, rank, requestedBy, requestId, createdAt, dueAt, releasedAt })
      .from(jobs)
      .where(and(inArray(id, [...ids]), eq(jobs.state, 'released')))
      .orderBy(asc(id)),
  );
}
