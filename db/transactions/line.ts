import { NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { jobTraits, machineName } from '#db/model.ts';
import { and, asc, eq, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, hotInsert, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { recordEvent } from './history.ts';

const lockServerRow = hot('lock_server', ({ db, t }) =>
  db
    .update(t.servers)
    .set({ lastPosition: sql`${t.servers.lastPosition} + 1` })
    .where(eq(t.servers.id, sql.placeholder('id')))
    .returning(),
);

/**
 * Takes the server's row for this transaction, and with it the next position of its lines.
 * Every transaction on a line starts here: without it two of them could each see no head and leave the line without one.
 */
export function* lockServer(_: Context, id: string): Steps<Server> {
  const [server] = yield* askHot(lockServerRow, { id });
  if (!server) throw new NotFoundError('server', id);
  return server;
}

export type NewJob = Pick<Job, 'kind' | 'requestedBy' | 'requestId'> &
  Partial<Pick<Job, 'line' | 'machineId' | 'location' | 'retryOf' | 'dueAt'>>;

const insertJob = hotInsert('insert_job', (t) => t.jobs);
const insertMachine = hotInsert('insert_machine', (t) => t.machines);

/** Puts a new job at the end of its line, at the position that `lockServer` reserved. One job per lock and line. */
export function* addJob(_: Context, server: Server, job: NewJob, now: Date): Steps<Job> {
  const row: Job = {
    id: newId('job', now),
    serverId: server.id,
    state: 'waiting',
    line: server.id,
    position: server.lastPosition,
    machineId: null,
    location: null,
    attempts: 0,
    error: null,
    parked: false,
    retryOf: null,
    createdAt: now,
    dueAt: null,
    releasedAt: null,
    finishedAt: null,
    ...job,
  };
  yield* askHot(insertJob, { ...row });
  return row;
}

const lineHead = hot('line_head', ({ db, t }) =>
  db
    .select()
    .from(t.jobs)
    .where(and(eq(t.jobs.line, sql.placeholder('line')), sql`${t.jobs.state} in ('waiting', 'released')`))
    .orderBy(asc(t.jobs.position))
    .limit(1),
);

/**
 * Releases the oldest open job of the line, unless one is released already, with what starting it means:
 * the server's status and, for create and rebuild, a new generation and the row of the machine that is to be made.
 * Returns the job that it released.
 */
export function* releaseHead(context: Context, server: Server, line: string, now: Date): Steps<Job | null> {
  const { db, t } = context;
  const [head] = yield* askHot(lineHead, { line });
  if (!head || head.state === 'released') return null;
  const machineId = yield* prepareServer(context, server, head, now);
  const changes = { state: 'released', releasedAt: now, machineId } as const;
  yield* ask(db.update(t.jobs).set(changes).where(eq(t.jobs.id, head.id)));
  yield* recordEvent(context, {
    serverId: server.id,
    jobId: head.id,
    event: 'started',
    detail: { kind: head.kind },
    at: now,
  });
  return { ...head, ...changes };
}

/** Returns the machine that the head is about: the one it will make, or that it retires. */
function* prepareServer(context: Context, server: Server, head: Job, now: Date): Steps<string | null> {
  const { db, t } = context;
  const { makesMachine, statusWhenReleased } = jobTraits[head.kind];
  if (statusWhenReleased === null) return head.machineId;
  const generation = makesMachine ? server.generation + 1 : server.generation;
  yield* ask(
    db
      .update(t.servers)
      .set({ status: statusWhenReleased, generation, updatedAt: now })
      .where(eq(t.servers.id, server.id)),
  );
  return makesMachine ? yield* planMachine(context, server, head, generation, now) : null;
}

function* planMachine(_: Context, server: Server, head: Job, generation: number, now: Date): Steps<string> {
  const row: Machine = {
    id: newId('mac', now),
    serverId: server.id,
    generation,
    name: machineName(server.id, generation),
    provider: server.provider,
    account: null,
    location: head.location ?? server.location,
    plan: server.plan,
    state: 'planned',
    providerId: null,
    ipv4: null,
    ipv6: null,
    createdAt: now,
    removableAt: null,
    goneAt: null,
  };
  yield* askHot(insertMachine, { ...row });
  return row.id;
}
