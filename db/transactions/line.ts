import { NotFoundError } from '#db/errors.ts';
import { newId } from '#db/ids.ts';
import { eq, type SQLWrapper, sql } from '#db/orm.ts';
import { askAhead, askHot, type Context, hot, hotInsert, type Steps } from '#db/steps.ts';
import type { Job, Server } from '#db/tables.ts';

const lock = ({ db, t: { servers } }: Context, id: SQLWrapper) =>
  db
    .update(servers)
    .set({ lastPosition: sql`${servers.lastPosition} + 1` })
    .where(eq(servers.id, id));

const lockServerRow = hot('lock_server', (context) => lock(context, sql.placeholder('id')).returning());

const lockLinesRow = hot('lock_lines', (context) => {
  const { jobs, servers } = context.t;
  const { id, status, location, plan, machineId, lastPosition } = servers;
  const ofJob = sql`(select ${jobs.serverId} from ${jobs} where ${jobs.id} = ${sql.placeholder('jobId')})`;
  return lock(context, ofJob).returning({ id, status, location, plan, machineId, lastPosition });
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

/**
 * The same for the server of a job, together with the next query. It reads only the columns that a settle needs: each
 * column that is read takes two microseconds.
 */
export function askLines(jobId: string): Steps<() => Steps<LockedServer>> {
  return askAhead(lockLinesRow, { jobId }, ([server]) => {
    if (!server) throw new NotFoundError('job', jobId);
    return server;
  });
}

type LinePlace = Pick<Server, 'id' | 'lastPosition'>;

export type NewJob = Pick<Job, 'kind' | 'requestedBy' | 'requestId' | 'createdAt' | 'cause'> &
  Partial<Pick<Job, 'line' | 'machineId' | 'location' | 'plan' | 'reason' | 'retryOf' | 'dueAt'>>;

export const insertJob = hotInsert('insert_job', (t) => t.jobs);

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
    rank: 0,
    cancelCause: null,
    retryOf: null,
    dueAt: null,
    releasedAt: null,
    finishedAt: null,
    ...job,
  };
}
