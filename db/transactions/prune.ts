import { firstId } from '#db/ids.ts';
import { jobTraits } from '#db/job-traits.ts';
import { literal } from '#db/literal.ts';
import { jobKinds } from '#db/model.ts';
import { and, asc, eq, gt, inArray, lt, lte, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { cancelDeliveries, cancelForgotten, deleteDeliveries } from './news/deliveries.ts';

/** A part of a table's old rows. */
export interface PrunedPage {
  /** Rows that ended before this time are old. */
  readonly before: Date;
  /** The place in the table, which `next` of the page before gives; empty: the beginning. */
  readonly after: string;
}

export interface Pruned {
  /** How many rows were deleted, without those that went with them. */
  readonly deleted: number;
  /** null: there is no further page. */
  readonly next: string | null;
}

/** Each page is one transaction. On SQLite it blocks the event loop: so many rows take it about 10 ms. */
const rowsPerPage = 300;
/** Each takes its last jobs and machines with it. */
const serversPerPage = 30;

/**
 * The tables whose old rows are deleted, in this order: a row goes before those that it refers to. What is not listed
 * here stays. Purchases and events stay for good: they say who paid, and who did what
 * (docs/decisions/0018-what-is-pruned.md).
 */
export const prunes = {
  answers: pruneAnswers,
  deliveries: pruneDeliveries,
  jobs: pruneJobs,
  machines: pruneMachines,
  servers: pruneServers,
  workers: pruneWorkers,
} as const satisfies Record<string, (context: Context, page: PrunedPage) => Steps<Pruned>>;
export type Prunable = keyof typeof prunes;

/** Stored answers. A repetition of such a call runs again. */
function* pruneAnswers({ db, t: { answers } }: Context, { before }: PrunedPage): Steps<Pruned> {
  const { token, key, createdAt } = answers;
  const old = db
    .select({ token, key })
    .from(answers)
    .where(lt(createdAt, before))
    .orderBy(asc(createdAt))
    .limit(rowsPerPage);
  const deleted = yield* ask(db.delete(answers).where(sql`(${token}, ${key}) in ${old}`).returning({ key }));
  return { deleted: deleted.length, next: deleted.length < rowsPerPage ? null : '' };
}

/** Deliveries that have ended; and those that wait at an endpoint that is off, or was deleted, are cancelled. */
function* pruneDeliveries(context: Context, { before }: PrunedPage): Steps<Pruned> {
  const cancelled = yield* cancelDeliveries(context, rowsPerPage);
  const forgotten = yield* cancelForgotten(context, rowsPerPage);
  const deleted = yield* deleteDeliveries(context, { before, limit: rowsPerPage });
  const isLast = [cancelled, forgotten, deleted].every((count) => count < rowsPerPage);
  return { deleted, next: isLast ? null : '' };
}

/**
 * Closed jobs, except the last of each line that was not cancelled: alerts, retries and a repeated destroy look at that
 * one. The last of a machine's line goes too, once its machine is gone. The last suspension of a server stays: it says
 * who may resume the server.
 */
function* pruneJobs({ db, t: { jobs, machines } }: Context, { before, after }: PrunedPage): Steps<Pruned> {
  const old = and(gt(jobs.id, after), lt(jobs.id, firstId('job', before)));
  const page = yield* ask(db.select({ id: jobs.id }).from(jobs).where(old).orderBy(asc(jobs.id)).limit(rowsPerPage));
  const last = page.at(-1)?.id;
  if (last === undefined) return { deleted: 0, next: null };
  const ofMachines = jobKinds.filter((kind) => jobTraits[kind].line === 'machine');
  const hasSuccessor = sql`exists (select 1 from ${jobs} as later where later.line = ${jobs.line} and later.position > ${jobs.position} and later.state <> 'cancelled')`;
  const isLastSuspension = sql`${jobs.reason} is not null and not exists (select 1 from ${jobs} as later where later.line = ${jobs.line} and later.position > ${jobs.position} and later.reason is not null)`;
  const isOfGone = sql`${inArray(jobs.kind, ofMachines)} and exists (select 1 from ${machines} where ${machines.id} = ${jobs.machineId} and ${machines.state} = 'gone')`;
  const inPage = and(gt(jobs.id, after), lte(jobs.id, last), lt(jobs.finishedAt, before));
  const found = yield* ask(
    db
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(inPage, sql`(${hasSuccessor} and not (${isLastSuspension}) or ${isOfGone})`)),
  );
  const ids = found.map(({ id }) => id);
  if (ids.length > 0) {
    yield* ask(db.update(jobs).set({ retryOf: null }).where(inArray(jobs.retryOf, ids)));
    yield* ask(db.delete(jobs).where(inArray(jobs.id, ids)));
  }
  return { deleted: ids.length, next: page.length < rowsPerPage ? null : last };
}

/** Machines that are gone, except the last of each server, and that no job refers to. */
function* pruneMachines({ db, t: { jobs, machines, servers } }: Context, page: PrunedPage): Steps<Pruned> {
  const { before, after } = page;
  const { id, state, serverId, generation, goneAt } = machines;
  const old = and(gt(id, after), lt(id, firstId('mac', before)));
  const found = yield* ask(db.select({ id }).from(machines).where(old).orderBy(asc(id)).limit(rowsPerPage));
  const last = found.at(-1)?.id;
  if (last === undefined) return { deleted: 0, next: null };
  const isFree = sql`not exists (select 1 from ${jobs} where ${jobs.machineId} = ${id})`;
  const hasSuccessor = sql`exists (select 1 from ${servers} where ${servers.id} = ${serverId} and ${servers.generation} > ${generation})`;
  const isOver = and(eq(state, literal('gone')), lt(goneAt, before), isFree, hasSuccessor);
  const inPage = and(gt(id, after), lte(id, last));
  const deleted = yield* ask(db.delete(machines).where(and(inPage, isOver)).returning({ id }));
  return { deleted: deleted.length, next: found.length < rowsPerPage ? null : last };
}

/**
 * Destroyed servers, with their last jobs and machines. One whose subscription has not ended stays: without its row the
 * subscription would get another server.
 */
function* pruneServers(
  { db, t: { servers, jobs, machines, purchases, schedules, links } }: Context,
  { before }: PrunedPage,
): Steps<Pruned> {
  const { id, status, updatedAt } = servers;
  const hasWork = sql`exists (select 1 from ${jobs} where ${jobs.serverId} = ${id} and ${jobs.finishedAt} is null)`;
  const hasMachine = sql`exists (select 1 from ${machines} where ${machines.serverId} = ${id} and ${machines.state} <> 'gone')`;
  const isPaid = sql`exists (select 1 from ${purchases} where ${purchases.id} = ${servers.purchaseId} and ${purchases.subscriptionId} is not null and ${purchases.endedAt} is null)`;
  const isOver = and(eq(status, literal('destroyed')), lt(updatedAt, before));
  const isFree = and(sql`not ${hasWork}`, sql`not ${hasMachine}`, sql`not ${isPaid}`);
  const found = yield* ask(db.select({ id }).from(servers).where(and(isOver, isFree)).limit(serversPerPage));
  const ids = found.map((server) => server.id);
  if (ids.length > 0) {
    yield* ask(db.delete(jobs).where(inArray(jobs.serverId, ids)));
    yield* ask(db.delete(machines).where(inArray(machines.serverId, ids)));
    yield* ask(db.delete(schedules).where(inArray(schedules.serverId, ids)));
    yield* ask(db.delete(links).where(inArray(links.serverId, ids)));
    yield* ask(db.delete(servers).where(inArray(id, ids)));
  }
  return { deleted: ids.length, next: ids.length < serversPerPage ? null : '' };
}

/** Worker processes that have said nothing since, whether they have stopped or not. */
function* pruneWorkers({ db, t: { workers } }: Context, { before }: PrunedPage): Steps<Pruned> {
  const { id, saidAt } = workers;
  const old = db.select({ id }).from(workers).where(lt(saidAt, before)).orderBy(asc(saidAt)).limit(rowsPerPage);
  const deleted = yield* ask(db.delete(workers).where(inArray(id, old)).returning({ id }));
  return { deleted: deleted.length, next: deleted.length < rowsPerPage ? null : '' };
}
