import { jobKinds, jobTraits, openJobStates } from '#db/model.ts';
import { and, asc, eq, inArray, isNull, lt, or, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, RecordedAlert, Server } from '#db/tables.ts';

/** What the tables tell of trouble that needs a person. */
export interface Troubles {
  /** Without a machine although bought before `unservedSince`, or for good. */
  readonly unserved: readonly Server[];
  /** Parked, and not followed in their line by a job that was not cancelled; a retire only while its machine is not gone. */
  readonly parked: readonly Job[];
  /** Destroys, retires and rebuilds asked for (or due) before `slowSince` and not done. */
  readonly slowJobs: readonly Job[];
  /** Abandoned before `slowSince`, and not verified gone. */
  readonly leftMachines: readonly Machine[];
  /** What workers noticed. */
  readonly recorded: readonly RecordedAlert[];
}

export function* readTroubles(
  { db, t }: Context,
  { unservedSince, slowSince }: { unservedSince: Date; slowSince: Date },
): Steps<Troubles> {
  const unserved = yield* ask(
    db
      .select()
      .from(t.servers)
      .where(
        or(
          eq(t.servers.status, 'failed'),
          and(eq(t.servers.status, 'installing'), lt(t.servers.createdAt, unservedSince)),
        ),
      )
      .orderBy(asc(t.servers.id)),
  );
  const later = sql`exists (select 1 from ${t.jobs} as later where later.line = ${t.jobs.line} and later.position > ${t.jobs.position} and later.state <> 'cancelled')`;
  const retired = sql`(${t.jobs.kind} = 'retire' and exists (select 1 from ${t.machines} where ${t.machines.id} = ${t.jobs.machineId} and ${t.machines.state} = 'gone'))`;
  const parked = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(eq(t.jobs.parked, true), sql`not ${later}`, sql`not ${retired}`))
      .orderBy(asc(t.jobs.id)),
  );
  const slowJobs = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(
        and(
          inArray(t.jobs.state, [...openJobStates]),
          inArray(
            t.jobs.kind,
            jobKinds.filter((kind) => jobTraits[kind].alertsWhenSlow),
          ),
          lt(t.jobs.createdAt, slowSince),
          or(isNull(t.jobs.dueAt), lt(t.jobs.dueAt, slowSince)),
        ),
      )
      .orderBy(asc(t.jobs.id)),
  );
  const leftMachines = yield* ask(
    db
      .select()
      .from(t.machines)
      .where(and(eq(t.machines.state, 'abandoned'), lt(t.machines.removableAt, slowSince)))
      .orderBy(asc(t.machines.id)),
  );
  return {
    unserved,
    parked,
    slowJobs,
    leftMachines,
    recorded: yield* ask(db.select().from(t.alerts).orderBy(asc(t.alerts.raisedAt))),
  };
}

/** The recorded alerts of one kind. */
export function* readAlerts({ db, t }: Context, kind: string): Steps<RecordedAlert[]> {
  return yield* ask(db.select().from(t.alerts).where(eq(t.alerts.kind, kind)));
}
