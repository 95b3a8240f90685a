import type { BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { DatabaseBusyError, JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import type { Actor } from '#db/transactions/commands.ts';
import type { BoardUser } from './board.ts';
import type { GuardDeps } from './guard.ts';

type Answer = ControllerHandlerReturnType;

/** One click retries no more than this, and no longer than that; the next click goes on. */
const mostAtOnce = 1_000;
const longestMs = 4_000;
const command = { idempotency: null, answer: () => null };

/** Records a new job like the failed one; a refusal is shown in the words of the domain. */
export async function retryOne(request: BullBoardRequest, user: BoardUser, deps: GuardDeps): Promise<Answer> {
  try {
    await retry(String(request.params.jobId), user, deps);
    return { status: 204, body: {} };
  } catch (error) {
    if (!isExpected(error) && !(error instanceof DatabaseBusyError)) throw error;
    const status = error instanceof NotFoundError ? 404 : 409;
    return { status, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: error.message } };
  }
}

/**
 * Retries every failed job that is its line's last of the kind, and that its server's status still asks for. They are
 * read from the database: BullMQ keeps what has been retried among its failed jobs.
 */
export async function retryFailed(request: BullBoardRequest, user: BoardUser, deps: GuardDeps): Promise<Answer> {
  if (request.params.queueStatus !== 'failed') {
    return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: 'Only failed jobs can be retried.' } };
  }
  const jobs = await deps.store.readRetriable(mostAtOnce);
  const stopAt = performance.now() + longestMs;
  let retried = 0;
  for (const { id } of jobs) {
    if (performance.now() > stopAt) break;
    if (await isRetried(id, user, deps)) retried += 1;
  }
  return { status: 200, body: { retried, skipped: jobs.length - retried } };
}

async function isRetried(id: string, user: BoardUser, deps: GuardDeps): Promise<boolean> {
  try {
    await retry(id, user, deps);
    return true;
  } catch (error) {
    if (isExpected(error)) return false;
    throw error;
  }
}

/** The old job stays where it is, with a line in its log that names the new one. */
async function retry(id: string, user: BoardUser, { producer, connection, log, now }: GuardDeps): Promise<void> {
  const { recorded } = await producer.retry(id, actorOf(user, now()), command);
  const old = await connection.queue.getJob(id);
  old?.log(`Retried as ${recorded?.job.id} by ${user.name}.`).catch((error: unknown) => {
    log.warn({ jobId: id, error: String(error) }, 'The log of a retried job could not be written');
  });
}

function isExpected(error: unknown): error is Error {
  return error instanceof NotFoundError || error instanceof NotAllowedError || error instanceof JobStateError;
}

function actorOf({ name, requestId }: BoardUser, now: Date): Actor {
  return { requestedBy: name, requestId, now };
}
