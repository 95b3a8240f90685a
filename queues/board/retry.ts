import type { BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { DatabaseBusyError, JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import { keyNamed } from '#db/events.ts';
import type { Store } from '#db/store.ts';
import type { Actor } from '#db/transactions/request.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { logLine } from '#queues/bullmq/log-line.ts';
import { redisErrorText } from '#queues/bullmq/redis-error.ts';
import type { Log } from '#queues/ports/log.ts';
import type { Producer } from '#queues/producer.ts';

/** The user of the dashboard. */
export interface BoardUser {
  readonly name: string;
  /** Whether the user may retry, pause and resume, or only look. */
  readonly mayAct: boolean;
  readonly requestId: string;
}

export interface RetryDeps {
  /** The path at which the board is mounted. */
  readonly basePath: string;
  readonly connection: QueueConnection;
  /** The queue of payments; null or not given: customers do not pay with Stripe. */
  readonly payments?: Pick<QueueConnection, 'queue'> | null;
  /** The queue of news; null or not given: there is none. */
  readonly news?: Pick<QueueConnection, 'queue'> | null;
  readonly store: Store;
  readonly producer: Producer;
  readonly log: Log;
  readonly now: () => Date;
}

type Answer = ControllerHandlerReturnType;

/** The limits of one click; the next click continues. */
const maxRetriesPerClick = 1_000;
const clickTimeoutMs = 4_000;
const command = { idempotency: null, answer: () => null };

/** The refusal of a retry in a queue whose rows have a command of their own for that; null: it is the servers' queue. */
function refusalOf({ params: { queueName } }: BullBoardRequest, { payments, news }: RetryDeps): Answer | null {
  // Notices and looks are tried for ever, so that none has failed.
  if (queueName === payments?.queue.name)
    return refused('Looks are repeated by themselves. To ask Stripe now, call POST /v1/subscriptions/<id>/sync.');
  if (queueName === news?.queue.name)
    return refused(
      'To send a message again, call POST /v1/deliveries/<job>/retry; for many, POST /v1/webhooks/<id>/replay.',
    );
  return null;
}

function refused(message: string): Answer {
  return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message } };
}

/** Records a new job like the failed one. If that is refused, Bull Board shows the message unchanged. */
export async function retryOne(request: BullBoardRequest, user: BoardUser, deps: RetryDeps): Promise<Answer> {
  const refusal = refusalOf(request, deps);
  if (refusal) return refusal;
  try {
    const retriedAs = await retry(String(request.params.jobId), user, deps);
    return { status: 200, body: { retriedAs, path: pageOf(retriedAs, deps) } };
  } catch (error) {
    if (!isExpected(error) && !(error instanceof DatabaseBusyError)) throw error;
    const status = error instanceof NotFoundError ? 404 : 409;
    const about = { by: user.name, requestId: user.requestId, jobId: String(request.params.jobId) };
    deps.log.warn({ ...about, event: 'board-action-refused', error: error.message }, 'Bull Board refused a retry');
    return { status, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: error.message } };
  }
}

/**
 * Retries every failed job that is the last of its kind in its line and that its server's status allows. The jobs are
 * read from the database, because BullMQ keeps retried jobs in its failed set.
 */
export async function retryFailed(request: BullBoardRequest, user: BoardUser, deps: RetryDeps): Promise<Answer> {
  const refusal = refusalOf(request, deps);
  if (refusal) return refusal;
  if (request.params.queueStatus !== 'failed') {
    return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message: 'Only failed jobs can be retried.' } };
  }
  const jobs = await deps.store.readRetriable({ limit: maxRetriesPerClick });
  const stopAt = performance.now() + clickTimeoutMs;
  let retried = 0;
  for (const { id } of jobs) {
    if (performance.now() > stopAt) break;
    if (await isRetried(id, user, deps)) retried += 1;
  }
  return { status: 200, body: { retried, skipped: jobs.length - retried } };
}

async function isRetried(id: string, user: BoardUser, deps: RetryDeps): Promise<boolean> {
  try {
    await retry(id, user, deps);
    return true;
  } catch (error) {
    if (isExpected(error)) return false;
    throw error;
  }
}

/** The old job stays as it is. Its log gets a line that names the new one. Returns the new job's id. */
async function retry(id: string, user: BoardUser, deps: RetryDeps): Promise<string> {
  const { producer, connection, log, now } = deps;
  const { recorded } = await producer.retry(id, actorOf(user, now()), command);
  const retriedAs = recorded?.job.id ?? '';
  const old = await connection.queue.getJob(id);
  const line = logLine(`Retried as ${retriedAs} by ${user.name}: ${pageOf(retriedAs, deps)}`, now());
  old?.log(line).catch((error: unknown) => {
    log.warn(
      { event: 'job-log-failed', jobId: id, error: redisErrorText(error) },
      'Could not write to the log of a retried job',
    );
  });
  return retriedAs;
}

/** The path of the job's page in Bull Board. */
function pageOf(id: string, { basePath, connection }: RetryDeps): string {
  return `${basePath}/queue/${connection.queue.name}/${id}`;
}

function isExpected(error: unknown): error is Error {
  return error instanceof NotFoundError || error instanceof NotAllowedError || error instanceof JobStateError;
}

function actorOf({ name, requestId }: BoardUser, now: Date): Actor {
  return { requestedBy: keyNamed(name), requestId, now };
}
