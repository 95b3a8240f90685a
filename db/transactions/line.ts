import { devicesPerServer } from '#db/devices.ts';
import { NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { jobTraits } from '#db/job-traits.ts';
import { machineName } from '#db/model.ts';
import { and, asc, eq, sql } from '#db/orm.ts';
import { askHot, type Context, given, hot, hotInsert, hotWrite, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { recordTurn } from './events.ts';

const lock = ({ db, t: { servers } }: Context) =>
  db
    .update(servers)
    .set({ lastPosition: sql`${servers.lastPosition} + 1` })
    .where(eq(servers.id, sql.placeholder('id')));

const lockServerRow = hot('lock_server', (context) => lock(context).returning());

const lockLinesRow = hot('lock_lines', (context) => {
  const { id, status, location, plan, machineId, lastPosition } = context.t.servers;
  return lock(context).returning({ id, status, location, plan, machineId, lastPosition });
});

/**
 * Locks the server's row for this transaction, and reserves the next position of its lines.
 * Every transaction on a line starts with this lock. Without it, two of them could each find no head to release.
 * Throws NotFoundError.
 */
export function* lockServer(_: Context, id: string): Steps<Server> {
  const [server] = yield* askHot(lockServerRow, { id });
  if (!server) throw new NotFoundError('server', id);
  return server;
}

export type LockedServer = Pick<Server, 'id' | 'status' | 'location' | 'plan' | 'machineId' | 'lastPosition'>;

/** The same, with only the columns that a settle needs: each column that is read takes two microseconds. */
export function* lockLines(_: Context, id: string): Steps<LockedServer> {
  const [server] = yield* askHot(lockLinesRow, { id });
  if (!server) throw new NotFoundError('server', id);
  return server;
}

type LinePlace = Pick<Server, 'id' | 'lastPosition'>;

export type NewJob = Pick<Job, 'kind' | 'requestedBy' | 'requestId' | 'createdAt' | 'cause'> &
  Partial<Pick<Job, 'line' | 'machineId' | 'location' | 'plan' | 'reason' | 'retryOf' | 'dueAt'>>;

export const insertJob = hotInsert('insert_job', (t) => t.jobs);
export const insertMachine = hotInsert('insert_machine', (t) => t.machines);

/** Adds a job at the end of its line, at the position that `lockServer` reserved. One job per lock and line. */
export function* addJob(_: Context, server: LinePlace, job: NewJob): Steps<Job> {
  const row = newJobRow(server, job);
  yield* askHot(insertJob, { ...row });
  return row;
}

/** The row of a waiting job at the server's last position. */
export function newJobRow(server: LinePlace, job: NewJob): Job {
  return {
    id: newId('job', job.createdAt),
    serverId: server.id,
    state: 'waiting',
    line: server.id,
    position: server.lastPosition,
    machineId: null,
    location: null,
    plan: null,
    reason: null,
    attempts: 0,
    error: null,
    parked: false,
    retryOf: null,
    dueAt: null,
    releasedAt: null,
    finishedAt: null,
    ...job,
  };
}

const lineHead = hot('line_head', ({ db, t }) =>
  db
    .select()
    .from(t.jobs)
    .where(and(eq(t.jobs.line, sql.placeholder('line')), sql`${t.jobs.state} in ('waiting', 'released')`))
    .orderBy(asc(t.jobs.position))
    .limit(1),
);

const releaseJob = hotWrite('release_job', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set({
      state: 'released',
      releasedAt: given('releasedAt', jobs.releasedAt),
      machineId: given('machineId', jobs.machineId),
    })
    .where(eq(jobs.id, sql.placeholder('id'))),
);

/**
 * Releases the oldest open job of the line, unless one is already released. A release also sets the server's status.
 * For a create or rebuild it plans the machine: a new generation and the machine's row.
 * Returns the job that it released; null: none.
 */
export function* releaseHead(context: Context, { line, now }: { line: string; now: Date }): Steps<Job | null> {
  const [head] = yield* askHot(lineHead, { line });
  if (!head || head.state === 'released') return null;
  const machineId = yield* prepareServer(context, { head, now });
  const changes = { state: 'released', releasedAt: now, machineId } as const;
  yield* askHot(releaseJob, { id: head.id, releasedAt: now, machineId });
  yield* recordStart(context, head, now);
  return { ...head, ...changes };
}

export function recordStart(context: Context, job: Job, at: Date): Steps<string> {
  return recordTurn(context, { turn: 'started', job, actor: 'policy', at, cause: job.cause });
}

interface Release {
  readonly head: Job;
  readonly now: Date;
}

/** Returns the id of the head's machine: the one that it will make or retire. null: it is about the whole server. */
function* prepareServer(_: Context, { head, now }: Release): Steps<string | null> {
  const { makesMachine, statusWhenReleased, isServerOwed } = jobTraits[head.kind];
  if (statusWhenReleased === null) return head.machineId;
  const [server] = yield* askHot(serverById, { id: head.serverId });
  if (!server) throw new NotFoundError('server', head.serverId);
  const generation = makesMachine ? server.generation + 1 : server.generation;
  const owedSince = owedSinceRelease(server, { isServerOwed, now });
  const heldReason = head.reason ?? server.heldReason;
  const changes = { status: statusWhenReleased, generation, owedSince, heldReason, updatedAt: now };
  yield* askHot(prepareServerRow, { id: server.id, ...changes });
  if (!makesMachine) return null;
  const machine = newMachineRow({ ...server, generation }, { head, now });
  yield* askHot(insertMachine, { ...machine });
  return machine.id;
}

/** A server that was owed before is owed since then. */
function owedSinceRelease(
  { owedSince }: Server,
  { isServerOwed, now }: { isServerOwed: boolean | null; now: Date },
): Date | null {
  if (isServerOwed === null) return owedSince;
  return isServerOwed ? (owedSince ?? now) : null;
}

const serverById = hot('server_of_head', ({ db, t }) =>
  db
    .select()
    .from(t.servers)
    .where(eq(t.servers.id, sql.placeholder('id'))),
);

const prepareServerRow = hotWrite('prepare_server', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({
      status: given('status', servers.status),
      generation: given('generation', servers.generation),
      owedSince: given('owedSince', servers.owedSince),
      heldReason: given('heldReason', servers.heldReason),
      updatedAt: given('updatedAt', servers.updatedAt),
    })
    .where(eq(servers.id, sql.placeholder('id'))),
);

export function newMachineRow({ id, generation, provider, location, plan }: Server, { head, now }: Release): Machine {
  return {
    id: newId('mac', now),
    serverId: id,
    generation,
    name: machineName(id, generation),
    provider,
    account: null,
    location: head.location ?? location,
    plan: head.plan ?? plan,
    state: 'planned',
    providerId: null,
    ipv4: null,
    ipv6: null,
    devices: devicesPerServer,
    createdAt: now,
    removableAt: null,
    goneAt: null,
  };
}
