import { literal } from '#db/literal.ts';
import {
  type JobKind,
  type JobState,
  jobKinds,
  type MachineState,
  openJobStates,
  type ServerStatus,
  serverStatuses,
} from '#db/model.ts';
import { and, asc, count, eq, gt, isNotNull, max, ne, sql } from '#db/orm.ts';
import { askHot, type Context, hot, type Steps } from '#db/steps.ts';

/** The counts for the metrics and the health routes. */
export interface Figures {
  readonly servers: readonly { status: ServerStatus; count: number }[];
  /** Open jobs only. */
  readonly jobs: readonly { kind: JobKind; state: JobState; count: number; oldestAt: Date | null }[];
  readonly machines: readonly { provider: string; plan: string; state: MachineState; count: number }[];
  /** Since when the longest-waiting customer has paid without having a machine; null: nobody waits. */
  readonly paidWithoutServerSince: Date | null;
}

/** Runs one read of a few milliseconds, in a turn of the event loop of its own. */
export type ReadSlice = <R>(steps: (context: Context) => Steps<R>) => Promise<R>;

/** Counting this many rows of an index takes SQLite about 3 ms, in which it blocks the event loop. */
const sliceRows = 20_000;

/**
 * Counts in slices. A row that changes while they are read may be counted twice or not at all; without changes the
 * counts are exact.
 */
export async function readFigures(slice: ReadSlice): Promise<Figures> {
  return {
    servers: await countServers(slice),
    jobs: await countOpenJobs(slice),
    machines: await countMachines(slice),
    paidWithoutServerSince: await slice(readOwedLongest),
  };
}

const serverSlice = hot('count_servers', ({ db, t: { servers } }) => {
  const given = and(eq(servers.status, sql.placeholder('status')), gt(servers.id, sql.placeholder('after')));
  const rows = db.select({ id: servers.id }).from(servers).where(given).orderBy(asc(servers.id)).limit(sliceRows);
  const slice = rows.as('slice');
  return db.select({ count: count(), last: max(slice.id) }).from(slice);
});

async function countServers(slice: ReadSlice): Promise<Figures['servers']> {
  const counted: Figures['servers'][number][] = [];
  for (const status of serverStatuses) {
    const found = await sum((after) => slice(() => askHot(serverSlice, { status, after })));
    if (found > 0) counted.push({ status, count: found });
  }
  return counted;
}

const jobSlice = hot('count_jobs', ({ db, t: { jobs } }) => {
  const { id, kind, state } = jobs;
  const given = and(eq(kind, sql.placeholder('kind')), eq(state, sql.placeholder('state')));
  const rows = db
    .select({ id })
    .from(jobs)
    .where(and(given, gt(id, sql.placeholder('after'))));
  const slice = rows.orderBy(asc(id)).limit(sliceRows).as('slice');
  return db.select({ count: count(), last: max(slice.id) }).from(slice);
});

/** Ids sort by the time of creation. */
const oldestJob = hot('oldest_job', ({ db, t: { jobs } }) =>
  db
    .select({ createdAt: jobs.createdAt })
    .from(jobs)
    .where(and(eq(jobs.kind, sql.placeholder('kind')), eq(jobs.state, sql.placeholder('state'))))
    .orderBy(asc(jobs.id))
    .limit(1),
);

async function countOpenJobs(slice: ReadSlice): Promise<Figures['jobs']> {
  const counted: Figures['jobs'][number][] = [];
  for (const state of openJobStates)
    for (const kind of jobKinds) {
      const found = await countJobs(slice, { kind, state });
      const [oldest] = found > 0 ? await slice(() => askHot(oldestJob, { kind, state })) : [];
      if (found > 0) counted.push({ kind, state, count: found, oldestAt: oldest?.createdAt ?? null });
    }
  return counted;
}

function countJobs(slice: ReadSlice, which: { kind: JobKind; state: JobState }): Promise<number> {
  return sum((after) => slice(() => askHot(jobSlice, { ...which, after })));
}

/** How many jobs are released. */
export async function countReleased(slice: ReadSlice): Promise<number> {
  let found = 0;
  for (const kind of jobKinds) found += await countJobs(slice, { kind, state: 'released' });
  return found;
}

const nextProvider = hot('next_provider', ({ db, t: { machines } }) =>
  db
    .select({ provider: machines.provider })
    .from(machines)
    .where(and(gt(machines.provider, sql.placeholder('after')), ne(machines.state, literal('gone'))))
    .orderBy(asc(machines.provider))
    .limit(1),
);

const machineSlice = hot('count_machines', ({ db, t: { machines } }) => {
  const { id, plan, provider, state } = machines;
  const given = and(eq(provider, sql.placeholder('provider')), gt(id, sql.placeholder('after')));
  const rows = db
    .select({ id, plan, state })
    .from(machines)
    .where(and(given, ne(state, literal('gone'))));
  const slice = rows.orderBy(asc(id)).limit(sliceRows).as('slice');
  const figures = { plan: slice.plan, state: slice.state, count: count(), last: max(slice.id) };
  return db.select(figures).from(slice).groupBy(slice.plan, slice.state);
});

async function countMachines(slice: ReadSlice): Promise<Figures['machines']> {
  const counted: Figures['machines'][number][] = [];
  for (const provider of await slice(readProviders)) counted.push(...(await countMachinesAt(slice, provider)));
  return counted;
}

async function countMachinesAt(slice: ReadSlice, provider: string): Promise<Figures['machines']> {
  const groups = new Map<string, Figures['machines'][number]>();
  await sum(async (after) => {
    const found = await slice(() => askHot(machineSlice, { provider, after }));
    for (const { plan, state, count } of found) {
      const key = JSON.stringify([plan, state]);
      groups.set(key, { provider, plan, state, count: count + (groups.get(key)?.count ?? 0) });
    }
    return found;
  });
  return [...groups.values()];
}

/** How many machines that are not gone each other provider has. A worker has no access to those providers. */
export async function countForeignMachines(slice: ReadSlice, own: string): Promise<Figures['machines']> {
  const counted: Figures['machines'][number][] = [];
  for (const provider of await slice(readProviders))
    if (provider !== own) counted.push(...(await countMachinesAt(slice, provider)));
  return counted;
}

/** The providers that have machines which are not gone. */
function* readProviders(_: Context): Steps<string[]> {
  const providers: string[] = [];
  for (;;) {
    const [next] = yield* askHot(nextProvider, { after: providers.at(-1) ?? '' });
    if (!next) return providers;
    providers.push(next.provider);
  }
}

interface Counted {
  readonly count: number;
  /** The greatest id among the counted rows; null: there was none. */
  readonly last: string | null;
}

/** Adds up slices until one is not full. `slice` counts rows whose ids follow the given one. */
async function sum(slice: (after: string) => Promise<readonly Counted[]>): Promise<number> {
  let total = 0;
  for (let after = ''; ; ) {
    const groups = await slice(after);
    const rows = groups.reduce((rows, { count }) => rows + count, 0);
    total += rows;
    if (rows < sliceRows) return total;
    for (const { last } of groups) if (last !== null && last > after) after = last;
  }
}

const owedLongest = hot('owed_longest', ({ db, t: { servers } }) =>
  db
    .select({ owedSince: servers.owedSince })
    .from(servers)
    .where(and(eq(servers.status, sql.placeholder('status')), isNotNull(servers.owedSince)))
    .orderBy(asc(servers.owedSince))
    .limit(1),
);

/** The index has the times in order only within a status. */
function* readOwedLongest(_: Context): Steps<Date | null> {
  let longest: Date | null = null;
  for (const status of serverStatuses) {
    const [server] = yield* askHot(owedLongest, { status });
    if (server?.owedSince && (longest === null || server.owedSince < longest)) longest = server.owedSince;
  }
  return longest;
}
