import type { JobKind, JobState } from '../model.ts';
import { and, asc, desc, eq, lt, sql } from '../orm.ts';
import { ask, type Context, type Steps } from '../steps.ts';
import type { Job } from '../tables.ts';

export interface JobFilter {
  readonly serverId?: string | undefined;
  readonly state?: JobState | undefined;
  readonly kind?: JobKind | undefined;
  /** The id after which to go on; the newest come first. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export function* readJobs({ db, t }: Context, filter: JobFilter): Steps<Job[]> {
  const conditions = and(
    filter.serverId === undefined ? undefined : eq(t.jobs.serverId, filter.serverId),
    filter.state && eq(t.jobs.state, filter.state),
    filter.kind && eq(t.jobs.kind, filter.kind),
    filter.after === undefined ? undefined : lt(t.jobs.id, filter.after),
  );
  return yield* ask(db.select().from(t.jobs).where(conditions).orderBy(desc(t.jobs.id)).limit(filter.limit));
}

/** null: there is no such job. */
export function* readJob({ db, t }: Context, id: string): Steps<Job | null> {
  const [job] = yield* ask(db.select().from(t.jobs).where(eq(t.jobs.id, id)));
  return job ?? null;
}

/** The open jobs of a server in the order in which they will run, its retires among them. */
export function* readOpenJobs({ db, t }: Context, serverId: string): Steps<Job[]> {
  const open = sql`${t.jobs.state} in ('waiting', 'released')`;
  return yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(eq(t.jobs.serverId, serverId), open))
      .orderBy(asc(t.jobs.position)),
  );
}

/** The job right in front of this one in its line; null where nothing is. */
export function* readJobInFront({ db, t }: Context, job: Pick<Job, 'line' | 'position'>): Steps<Job | null> {
  const open = sql`${t.jobs.state} in ('waiting', 'released')`;
  const [front] = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(eq(t.jobs.line, job.line), lt(t.jobs.position, job.position), open))
      .orderBy(desc(t.jobs.position))
      .limit(1),
  );
  return front ?? null;
}
