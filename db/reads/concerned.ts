import { inArray, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** A server that an alert concerns. */
export interface Concerned {
  readonly id: string;
  /** The shop's own reference; null: it has given none. */
  readonly reference: string | null;
  /** The released job of its line; without one, the last that failed. null: there is neither. */
  readonly jobId: string | null;
}

/** Those of the servers that exist. */
export function* readConcerned({ db, t: { servers } }: Context, ids: readonly string[]): Steps<Concerned[]> {
  const { id, reference } = servers;
  // Written out: in the columns of a select from one table, drizzle names columns without their table.
  const jobId = sql<string | null>`(select job.id from jobs as job where job.line = servers.id
    and (job.state || '') in ('released', 'failed') order by job.position desc limit 1)`;
  return yield* ask(
    db
      .select({ id, reference, jobId })
      .from(servers)
      .where(inArray(id, [...ids])),
  );
}
