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
 * Locks the server's row for this transaction, and reserves the next position of its lines.
 * Every transaction on a line starts with this lock. Without it, two of them could each find no head to release.
 * Throws NotFoundError.
 */
export function* lockServer(_: Context, id: string): Steps<Server> {
  const [server] = yield* askHot(lockServerRow, { id });
  if (!server) throw new NotFoundError('server', id);
  return server;
}

export type NewJob = Pick<Job, 'kind' | 'requestedBy' | 'requestId' | 'createdAt'> &
  Partial<Pick<Job, 'line' | 'machineId' | 'location' | 'retryOf' | 'dueAt'>>;

const insertJob = hotInsert('insert_job', (t) => t.jobs);
const insertMachine = hotInsert('insert_machine', (t) => t.machines);

/** Adds a job at the end of its line, at the position that `lockServer` reserved. One job per lock and line. */
export function* addJob(_: Context, server: Server, job: NewJob): Steps<Job> {
  const row: Job = {
    id: newId('job', job.createdAt),
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
 * Releases the oldest open job of the line, unless one is already released. A release also sets the server's status.
 * For a create or rebuild it plans the machine: a new generation and the machine's row.
 * Returns the job that it released; null: none.
 */
export function* releaseHead(
  context: Context,
  server: Server,
  { line, now }: { line: string; now: Date },
): Steps<Job | null> {
  const { db, t } = context;
  const [head] = yield* askHot(lineHead, { line });
  if (!head || head.state === 'released') return null;
  const machineId = yield* prepareServer(context, server, { head, now });
  const changes = { state: 'released', releasedAt: now, machineId } as const;
  yield* ask(db.update(t.jobs).set(changes).where(eq(t.jobs.id, head.id)));
  const started = {
    serverId: server.id,
    jobId: head.id,
    event: 'started',
    detail: { kind: head.kind },
    at: now,
  } as const;
  yield* recordEvent(context, started);
  return { ...head, ...changes };
}

interface Release {
  readonly head: Job;
  readonly now: Date;
}

/** Returns the id of the head's machine: the one that it will make or retire. null: it is about the whole server. */
function* prepareServer(context: Context, server: Server, { head, now }: Release): Steps<string | null> {
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
  return makesMachine ? yield* planMachine({ ...server, generation }, { head, now }) : null;
}

function* planMachine({ id, generation, provider, location, plan }: Server, { head, now }: Release): Steps<string> {
  const row: Machine = {
    id: newId('mac', now),
    serverId: id,
    generation,
    name: machineName(id, generation),
    provider,
    account: null,
    location: head.location ?? location,
    plan,
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
