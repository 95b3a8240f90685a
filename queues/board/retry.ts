import type { BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { DatabaseBusyError, JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import type { Job } from '#db/tables.ts';
import type { Asker } from '#db/transactions/commands.ts';
import type { BoardUser } from '../board.ts';
import type { GuardDeps } from './guard.ts';

type Answer = ControllerHandlerReturnType;

/** One click retries no more than this, and no longer than that; the next click goes on. */
const mostAtOnce = 1_000;
const longestMs = 4_000;
/** Enough to find the newest retire of the same machine among those of one server. */
const mostOfAKind = 50;

const command = { idempotency: null, answer: () => null };

/** Records a new job like the failed one; a refusal is shown in the words of the domain. */
export async function retryOne(request: BullBoardRequest, user: BoardUser, { producer }: GuardDeps): Promise<Answer> {
  try {
    await producer.retry(String(request.params.jobId), askerOf(user), command);
    return { status: 204, body: {} };
  } catch (error) {
    if (!isRefusal(error) && !(error instanceof DatabaseBusyError)) throw error;
    const status = error instanceof NotFoundError ? 404 : 409;
    return { status, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: error.message } };
  }
}

/**
 * Retries what Bull Board shows as failed: every job that is its server's last of the kind, and that its server's
 * status still allows. The others are counted as skipped.
 */
export async function retryFailed(request: BullBoardRequest, user: BoardUser, deps: GuardDeps): Promise<Answer> {
  if (request.params.queueStatus !== 'failed') {
    return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: 'Only failed jobs can be retried.' } };
  }
  const ids = await deps.connection.queue.getRanges(['failed'], 0, mostAtOnce - 1);
  const stopAt = performance.now() + longestMs;
  let retried = 0;
  for (const id of ids) {
    if (performance.now() > stopAt) break;
    if (await retryIfLast(id, user, deps)) retried += 1;
  }
  return { status: 200, body: { retried, skipped: ids.length - retried } };
}

async function retryIfLast(id: string, user: BoardUser, { store, producer }: GuardDeps): Promise<boolean> {
  const job = await store.readJob(id);
  if (job?.state !== 'failed' || !isLast(job, await ofItsKind(job, store))) return false;
  try {
    await producer.retry(id, askerOf(user), command);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
}

function ofItsKind({ serverId, kind }: Job, store: GuardDeps['store']): Promise<Job[]> {
  return store.readJobs({ serverId, kind, limit: mostOfAKind });
}

function isLast(job: Job, others: readonly Job[]): boolean {
  return !others.some(({ line, position }) => line === job.line && position > job.position);
}

function isRefusal(error: unknown): error is Error {
  return error instanceof NotFoundError || error instanceof NotAllowedError || error instanceof JobStateError;
}

function askerOf({ name, requestId }: BoardUser): Asker {
  return { requestedBy: name, requestId, now: new Date() };
}
