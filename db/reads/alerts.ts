import { isOneOf, literal } from '#db/literal.ts';
import { type JobKind, jobKinds, jobTraits } from '#db/model.ts';
import {
  and,
  asc,
  count,
  eq,
  getTableColumns,
  isNull,
  lt,
  ne,
  not,
  type SQL,
  type SQLiteColumn,
  type SQLiteTable,
  sql,
} from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, RecordedAlert, Server } from '#db/tables.ts';

/** The oldest rows of one kind of trouble, and how many there are. */
export interface Found<Row> {
  /** At most 100. */
  readonly first: readonly Row[];
  /** Counted up to 10,000. */
  readonly count: number;
}

/** All trouble that the tables show and that needs a person. */
export interface Troubles {
  /** Servers without a machine that have failed. */
  readonly failed: Found<Server>;
  /** Servers that were bought before `unservedSince` and are still installing. */
  readonly installing: Found<Server>;
  /**
   * Parked jobs, each until its line has a later job that is not cancelled. A retire also stops counting once its
   * machine is gone.
   */
  readonly parked: Found<Job>;
  /** Removals that were requested (or due) before `slowSince` and are still open. */
  readonly slowRemovals: Found<Job>;
  /** Rebuilds that were requested before `slowSince` and are still open. */
  readonly slowRebuilds: Found<Job>;
  /** Machines that were abandoned before `slowSince` and are not verified gone. */
  readonly leftMachines: Found<Machine>;
  /** The alerts that workers raised, oldest first. */
  readonly recorded: readonly RecordedAlert[];
}

const mostRows = 100;
const mostCounted = 10_000;

export function* readTroubles(
  context: Context,
  { unservedSince, slowSince }: { unservedSince: Date; slowSince: Date },
): Steps<Troubles> {
  return {
    failed: yield* readUnserved(context, eq(context.t.servers.status, literal('failed'))),
    installing: yield* readUnserved(context, installingSince(context, unservedSince)),
    parked: yield* readParked(context),
    slowRemovals: yield* readSlowJobs(context, slowSince, { makesMachine: false }),
    slowRebuilds: yield* readSlowJobs(context, slowSince, { makesMachine: true }),
    leftMachines: yield* readLeftMachines(context, slowSince),
    recorded: yield* readRecorded(context),
  };
}

interface Where {
  readonly table: SQLiteTable;
  readonly where: SQL | undefined;
  /** The column, or expression, by which the index of `where` is sorted. */
  readonly by: SQL | SQLiteColumn;
}

function* find<Row>({ db }: Context, { table, where, by }: Where): Steps<Found<Row>> {
  const first = yield* ask(db.select().from(table).where(where).orderBy(asc(by)).limit(mostRows));
  if (first.length < mostRows) return { first: first as Row[], count: first.length };
  const rows = db
    .select({ one: sql`1`.as('one') })
    .from(table)
    .where(where)
    .limit(mostCounted)
    .as('rows');
  const [counted] = yield* ask(db.select({ count: count() }).from(rows));
  return { first: first as Row[], count: counted?.count ?? first.length };
}

function installingSince({ t: { servers } }: Context, since: Date): SQL | undefined {
  return and(eq(servers.status, literal('installing')), lt(servers.createdAt, since));
}

/** The list of both statuses is the condition of the index `servers_unserved`. */
function readUnserved(context: Context, which: SQL | undefined): Steps<Found<Server>> {
  const { servers } = context.t;
  const where = and(which, isOneOf(servers.status, ['installing', 'failed']));
  return find(context, { table: servers, where, by: servers.createdAt });
}

function readParked(context: Context): Steps<Found<Job>> {
  const { jobs, machines } = context.t;
  const later = sql`exists (select 1 from ${jobs} as later where later.line = ${jobs.line} and later.position > ${jobs.position} and later.state <> 'cancelled')`;
  const ofOneMachine = jobKinds.filter((kind) => jobTraits[kind].line === 'machine');
  const isGone = sql`exists (select 1 from ${machines} where ${machines.id} = ${jobs.machineId} and ${machines.state} = 'gone')`;
  const retired = and(isOneOf(jobs.kind, ofOneMachine), isGone);
  const isParked = and(eq(jobs.state, literal('failed')), sql`${jobs.parked} = true`);
  return find(context, { table: jobs, where: and(isParked, sql`not ${later}`, sql`not ${retired}`), by: jobs.id });
}

/** `indexed` is the condition of the index `jobs_slow`. An `=` would make SQLite choose an index of kinds, and sort. */
function readSlowJobs(
  context: Context,
  since: Date,
  { makesMachine }: { readonly makesMachine: boolean },
): Steps<Found<Job>> {
  const { jobs } = context.t;
  const isWanted = (kind: JobKind) => jobTraits[kind].alertsWhenSlow && jobTraits[kind].makesMachine === makesMachine;
  const unwanted = jobKinds.filter((kind) => !isWanted(kind));
  const indexed = and(isNull(jobs.finishedAt), ne(jobs.kind, literal('create')));
  const by = sql`coalesce(${jobs.dueAt}, ${jobs.createdAt})`;
  const isSlow = sql`${by} < ${sql.param(since, jobs.createdAt)}`;
  return find(context, { table: jobs, where: and(indexed, not(isOneOf(jobs.kind, unwanted)), isSlow), by });
}

function readLeftMachines(context: Context, since: Date): Steps<Found<Machine>> {
  const { machines } = context.t;
  const where = and(eq(machines.state, literal('abandoned')), lt(machines.removableAt, since));
  return find(context, { table: machines, where, by: machines.removableAt });
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
