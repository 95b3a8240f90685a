import type { JobKind, JobState, MachineState, ServerStatus } from '#db/model.ts';
import { count, inArray, min, ne, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** The counts for the metrics and the health routes. */
export interface Figures {
  readonly servers: readonly { status: ServerStatus; count: number }[];
  /** Open jobs only. */
  readonly jobs: readonly { kind: JobKind; state: JobState; count: number; oldestAt: Date | null }[];
  readonly machines: readonly { provider: string; plan: string; state: MachineState; count: number }[];
  /** The time of the oldest purchase whose server is installing or failed; null: there is none. */
  readonly paidWithoutServerSince: Date | null;
}

export function* readFigures({ db, t }: Context): Steps<Figures> {
  const servers = yield* ask(
    db.select({ status: t.servers.status, count: count() }).from(t.servers).groupBy(t.servers.status),
  );
  const jobs = yield* ask(
    db
      .select({ kind: t.jobs.kind, state: t.jobs.state, count: count(), oldestAt: min(t.jobs.createdAt) })
      .from(t.jobs)
      .where(sql`${t.jobs.state} in ('waiting', 'released')`)
      .groupBy(t.jobs.kind, t.jobs.state),
  );
  const { provider, plan, state } = t.machines;
  const machines = yield* ask(
    db
      .select({ provider, plan, state, count: count() })
      .from(t.machines)
      .where(ne(state, 'gone'))
      .groupBy(provider, plan, state),
  );
  const [unserved] = yield* ask(
    db
      .select({ since: min(t.servers.createdAt) })
      .from(t.servers)
      .where(inArray(t.servers.status, ['installing', 'failed'])),
  );
  return { servers, jobs, machines, paidWithoutServerSince: unserved?.since ?? null };
}
