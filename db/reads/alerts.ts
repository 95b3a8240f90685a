import { jobTraits } from '#db/job-traits.ts';
import { isOneOf, literal } from '#db/literal.ts';
import { type JobKind, jobKinds, type ServerStatus } from '#db/model.ts';
import {
  and,
  asc,
  eq,
  getTableColumns,
  isNotNull,
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
import { countUpTo } from './count-up-to.ts';

/** The oldest rows of one kind of trouble, and how many there are. */
export interface Found<Row> {
  /** At most 100. */
  readonly first: readonly Row[];
  /** Counted up to 10,000. */
  readonly count: number;
}

/** All trouble that the tables show and that needs a person. */
export interface Troubles {
  /** Servers without a machine whose create has failed. */
  readonly failed: Found<Server>;
  /** Suspended servers whose resume has failed. */
  readonly notResumed: Found<Server>;
  /** Servers that are installing, and have been owed since before `unservedSince`. */
  readonly installing: Found<Server>;
  /** The same for servers that are resuming. */
  readonly resuming: Found<Server>;
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
    failed: yield* readOwed(context, { status: 'failed' }),
    notResumed: yield* readOwed(context, { status: 'suspended' }),
    installing: yield* readOwed(context, { status: 'installing', before: unservedSince }),
    resuming: yield* readOwed(context, { status: 'resuming', before: unservedSince }),
    parked: yield* readParked(context),
    slowRemovals: yield* readSlowJobs(context, slowSince, { makesMachine: false }),
    slowRebuilds: yield* readSlowJobs(context, slowSince, { makesMachine: true }),
    leftMachines: yield* readLeftMachines(context, slowSince),
    recorded: yield* readRecorded(context),
  };
}

export interface Where {
  readonly table: SQLiteTable;
  readonly where: SQL | undefined;
  /** The column, or expression, by which the index of `where` is sorted. */
  readonly by: SQL | SQLiteColumn;
}

/** At most 100 rows, the oldest first, and how many there are. */
export function* find<Row>(context: Context, { table, where, by }: Where): Steps<Found<Row>> {
  const first = yield* ask(context.db.select().from(table).where(where).orderBy(asc(by)).limit(mostRows));
  const isAll = first.length < mostRows;
  const count = isAll ? first.length : yield* countUpTo(context, { table, where, most: mostCounted });
  return { first: first as Row[], count };
}

/** The servers of this status that a customer has paid for and that have no machine, perhaps for some time already. */
function readOwed(
  context: Context,
  { status, before }: { readonly status: ServerStatus; readonly before?: Date },
): Steps<Found<Server>> {
  const { servers } = context.t;
  const isOwed = before === undefined ? isNotNull(servers.owedSince) : lt(servers.owedSince, before);
  const where = and(eq(servers.status, literal(status)), isOwed);
  return find(context, { table: servers, where, by: servers.owedSince });
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
