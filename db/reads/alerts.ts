import { jobKinds, jobTraits, openJobStates } from '#db/model.ts';
import { and, asc, eq, getTableColumns, inArray, isNull, lt, or, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, RecordedAlert, Server } from '#db/tables.ts';

/** All trouble that the tables show and that needs a person. */
export interface Troubles {
  /** Servers without a machine: failed, or bought before `unservedSince` and still installing. */
  readonly unserved: readonly Server[];
  /**
   * Parked jobs, each until its line has a later job that is not cancelled. A retire also stops counting once its
   * machine is gone.
   */
  readonly parked: readonly Job[];
  /** Destroys, retires and rebuilds that were requested (or due) before `slowSince` and are still open. */
  readonly slowJobs: readonly Job[];
  /** Machines that were abandoned before `slowSince` and are not verified gone. */
  readonly leftMachines: readonly Machine[];
  /** The alerts that workers raised, oldest first. */
  readonly recorded: readonly RecordedAlert[];
}

export function* readTroubles(
  context: Context,
  { unservedSince, slowSince }: { unservedSince: Date; slowSince: Date },
): Steps<Troubles> {
  return {
    unserved: yield* readUnserved(context, unservedSince),
    parked: yield* readParked(context),
    slowJobs: yield* readSlowJobs(context, slowSince),
    leftMachines: yield* readLeftMachines(context, slowSince),
    recorded: yield* readRecorded(context),
  };
}

function* readUnserved({ db, t: { servers } }: Context, since: Date): Steps<Server[]> {
  const waitsLong = and(eq(servers.status, 'installing'), lt(servers.createdAt, since));
  return yield* ask(
    db
      .select()
      .from(servers)
      .where(or(eq(servers.status, 'failed'), waitsLong))
      .orderBy(asc(servers.id)),
  );
}

function* readParked({ db, t: { jobs, machines } }: Context): Steps<Job[]> {
  const later = sql`exists (select 1 from ${jobs} as later where later.line = ${jobs.line} and later.position > ${jobs.position} and later.state <> 'cancelled')`;
  const ofOneMachine = jobKinds.filter((kind) => jobTraits[kind].line === 'machine');
  const isGone = sql`exists (select 1 from ${machines} where ${machines.id} = ${jobs.machineId} and ${machines.state} = 'gone')`;
  const retired = and(inArray(jobs.kind, ofOneMachine), isGone);
  return yield* ask(
    db
      .select()
      .from(jobs)
      .where(and(eq(jobs.parked, true), sql`not ${later}`, sql`not ${retired}`))
      .orderBy(asc(jobs.id)),
  );
}

function* readSlowJobs({ db, t: { jobs } }: Context, since: Date): Steps<Job[]> {
  const kinds = jobKinds.filter((kind) => jobTraits[kind].alertsWhenSlow);
  const isOpenFor = and(lt(jobs.createdAt, since), or(isNull(jobs.dueAt), lt(jobs.dueAt, since)));
  return yield* ask(
    db
      .select()
      .from(jobs)
      .where(and(inArray(jobs.state, [...openJobStates]), inArray(jobs.kind, kinds), isOpenFor))
      .orderBy(asc(jobs.id)),
  );
}

function* readLeftMachines({ db, t: { machines } }: Context, since: Date): Steps<Machine[]> {
  return yield* ask(
    db
      .select()
      .from(machines)
      .where(and(eq(machines.state, 'abandoned'), lt(machines.removableAt, since)))
      .orderBy(asc(machines.id)),
  );
}

function* readRecorded({ db, t }: Context): Steps<RecordedAlert[]> {
  return yield* ask(db.select(recordedColumns(t)).from(t.alerts).orderBy(asc(t.alerts.raisedAt)));
}

/** The recorded alerts of one kind. */
export function* readAlerts({ db, t }: Context, kind: string): Steps<RecordedAlert[]> {
  return yield* ask(db.select(recordedColumns(t)).from(t.alerts).where(eq(t.alerts.kind, kind)));
}

function recordedColumns({ alerts }: Context['t']) {
  const { heldUntil: _, ...recorded } = getTableColumns(alerts);
  return recorded;
}
