import { type JobKind, type JobState, jobKinds, jobTraits } from '#db/model.ts';
import { and, asc, desc, eq, inArray, lt, or, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';

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

/**
 * The failed jobs that a retry makes sense of, newest first: the last of their kind in their line, on a server whose
 * status asks for it.
 */
export function* readRetriable({ db, t }: Context, limit: number): Steps<Job[]> {
  const later = sql`exists (select 1 from ${t.jobs} as later where later.line = ${t.jobs.line} and later.kind = ${t.jobs.kind} and later.position > ${t.jobs.position})`;
  const wanted = or(
    ...jobKinds.map((kind) => and(eq(t.jobs.kind, kind), inArray(t.servers.status, [...jobTraits[kind].retriableIn]))),
  );
  const found = yield* ask(
    db
      .select({ job: t.jobs })
      .from(t.jobs)
      .innerJoin(t.servers, eq(t.servers.id, t.jobs.serverId))
      .where(and(eq(t.jobs.state, 'failed'), wanted, sql`not ${later}`))
      .orderBy(desc(t.jobs.id))
      .limit(limit),
  );
  return found.map(({ job }) => job);
}
