import { jobTraits } from '#db/job-traits.ts';
import { isOneOf, unindexed } from '#db/literal.ts';
import { type JobKind, type JobState, jobKinds, jobStates, openJobStates } from '#db/model.ts';
import { and, asc, desc, eq, inArray, lt, notInArray, or, type SQL, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';
import { isServerOf } from './customers.ts';

export interface JobFilter {
  readonly serverId?: string | undefined;
  /** Only this customer's; null or not given: those of all. */
  readonly owner?: string | null | undefined;
  readonly state?: JobState | undefined;
  readonly kind?: JobKind | undefined;
  /** Only jobs with these ids. */
  readonly among?: readonly string[] | undefined;
  /** Without the jobs with these ids. */
  readonly except?: readonly string[] | undefined;
  /** Only jobs older than the one with this id; the newest come first. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** By kind alone, it reads a page of each state: that index has the ids in order only within a state. */
export function* readJobs(context: Context, filter: JobFilter): Steps<Job[]> {
  const byKindAlone = filter.kind !== undefined && filter.state === undefined && filter.serverId === undefined;
  if (!byKindAlone) return yield* readPage(context, filter);
  const found: Job[] = [];
  for (const state of jobStates) found.push(...(yield* readPage(context, { ...filter, state })));
  return found.sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, filter.limit);
}

function* readPage(context: Context, filter: JobFilter): Steps<Job[]> {
  const { db, t } = context;
  const conditions = and(
    fits(context, filter),
    filter.among && inArray(t.jobs.id, [...filter.among]),
    filter.except && notInArray(t.jobs.id, [...filter.except]),
  );
  return yield* ask(db.select().from(t.jobs).where(conditions).orderBy(desc(t.jobs.id)).limit(filter.limit));
}

/** Beside a server or a customer, no index on state or kind may be used. */
function fits(context: Context, filter: Omit<JobFilter, 'among' | 'except'>): SQL | undefined {
  const { serverId, owner, after } = filter;
  const { jobs } = context.t;
  const isNarrow = serverId !== undefined || owner != null;
  const [state, kind] = isNarrow ? [unindexed(jobs.state), unindexed(jobs.kind)] : [jobs.state, jobs.kind];
  return and(
    serverId === undefined ? undefined : eq(jobs.serverId, serverId),
    owner == null ? undefined : isServerOf(context, jobs.serverId, owner),
    filter.state && sql`${state} = ${filter.state}`,
    filter.kind && sql`${kind} = ${filter.kind}`,
    after === undefined ? undefined : lt(jobs.id, after),
  );
}

const jobById = hot('job_by_id', ({ db, t: { jobs } }) =>
  db
    .select()
    .from(jobs)
    .where(eq(jobs.id, sql.placeholder('id'))),
);

/** null: there is no such job. */
export function* readJob(_: Context, id: string): Steps<Job | null> {
  const [job] = yield* askHot(jobById, { id });
  return job ?? null;
}

const openJobsOf = hot('open_jobs', ({ db, t: { jobs } }) =>
  db
    .select()
    .from(jobs)
    .where(and(eq(jobs.serverId, sql.placeholder('serverId')), isOneOf(unindexed(jobs.state), openJobStates)))
    .orderBy(asc(jobs.position)),
);

/** The open jobs of a server, including its retires, in the order in which they will run. */
export function readOpenJobs(_: Context, serverId: string): Steps<Job[]> {
  return askHot(openJobsOf, { serverId });
}

const jobInFront = hot('job_in_front', ({ db, t: { jobs } }) =>
  db
    .select()
    .from(jobs)
    .where(
      and(
        eq(jobs.line, sql.placeholder('line')),
        lt(jobs.position, sql.placeholder('position')),
        isOneOf(unindexed(jobs.state), openJobStates),
      ),
    )
    .orderBy(desc(jobs.position))
    .limit(1),
);

/** The open job right in front of this one in its line; null: none. */
export function* readJobInFront(_: Context, { line, position }: Pick<Job, 'line' | 'position'>): Steps<Job | null> {
  const [front] = yield* askHot(jobInFront, { line, position });
  return front ?? null;
}

export type RetriableFilter = Pick<JobFilter, 'serverId' | 'kind' | 'owner' | 'after' | 'limit'>;

/**
 * The failed jobs that are worth a retry, newest first. Each is the last of its kind in its line, and its server has
 * one of the statuses in `jobTraits.retriableIn`.
 */
export function* readRetriable(context: Context, filter: RetriableFilter): Steps<Job[]> {
  const { db, t } = context;
  const later = sql`exists (select 1 from ${t.jobs} as later where later.line = ${t.jobs.line} and (later.kind || '') = ${t.jobs.kind} and later.position > ${t.jobs.position})`;
  const ofKind = unindexed(t.jobs.kind);
  const isWorthRetry = or(
    ...jobKinds.map((kind) =>
      and(sql`${ofKind} = ${kind}`, inArray(t.servers.status, [...jobTraits[kind].retriableIn])),
    ),
  );
  const found = yield* ask(
    db
      .select({ job: t.jobs })
      .from(t.jobs)
      .innerJoin(t.servers, eq(t.servers.id, t.jobs.serverId))
      .where(and(fits(context, { ...filter, state: 'failed' }), isWorthRetry, sql`not ${later}`))
      .orderBy(desc(t.jobs.id))
      .limit(filter.limit),
  );
  return found.map(({ job }) => job);
}
