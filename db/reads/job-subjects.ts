import { eq, inArray, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** What a job is about, for people. */
export interface JobSubject {
  readonly id: string;
  readonly serverId: string;
  readonly customer: string;
  /** The shop's own reference of the server. */
  readonly reference: string | null;
  /** Where the job makes its machine, or where the server is. */
  readonly location: string;
  readonly plan: string;
  readonly reason: string | null;
  readonly retryOf: string | null;
  readonly requestedBy: string;
}

/** Those of the jobs that exist. */
export function* readJobSubjects({ db, t: { jobs, servers } }: Context, ids: readonly string[]): Steps<JobSubject[]> {
  const { id, serverId, reason, retryOf, requestedBy } = jobs;
  const { customer, reference } = servers;
  const location = sql<string>`coalesce(${jobs.location}, ${servers.location})`;
  const plan = sql<string>`coalesce(${jobs.plan}, ${servers.plan})`;
  return yield* ask(
    db
      .select({ id, serverId, customer, reference, location, plan, reason, retryOf, requestedBy })
      .from(jobs)
      .innerJoin(servers, eq(servers.id, jobs.serverId))
      .where(inArray(id, [...ids])),
  );
}
