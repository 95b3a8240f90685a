import type { AppControllerRoute, BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { QueueUnreachableError, switchQueue } from '#queues/bullmq/queue-switch.ts';
import { redisErrorText } from '#queues/bullmq/redis-error.ts';
import { answerWithin } from '#queues/within.ts';
import { type BoardUser, type RetryDeps, retryFailed, retryOne } from './retry.ts';

export type BoardRoute = AppControllerRoute;

export interface GuardDeps extends RetryDeps {
  /** The user of each request, by its `headers` object. */
  readonly users: WeakMap<object, BoardUser>;
}

type Handler = BoardRoute['handler'];
type Answer = ControllerHandlerReturnType;
type Action = (request: BullBoardRequest, user: BoardUser, deps: GuardDeps) => Promise<Answer>;

/** Long enough for a big page. A healthy Redis answers in milliseconds. */
const answerWithinMs = 5_000;

/**
 * The changes that we make instead of Bull Board. A pause and a resume are recorded with the user. A retry records a new
 * job in the database; the old one never runs again.
 */
const actions: Readonly<Record<string, Action>> = {
  'put /api/queues/pause': switchTo({ paused: true }),
  'put /api/queues/resume': switchTo({ paused: false }),
  'put /api/queues/:queueName/pause': switchTo({ paused: true }),
  'put /api/queues/:queueName/resume': switchTo({ paused: false }),
  'put /api/queues/:queueName/:jobId/retry': retryOne,
  'put /api/queues/:queueName/retry/:queueStatus': retryFailed,
};

/** Switches the queue in the path; without one, every queue. */
function switchTo({ paused }: { readonly paused: boolean }): Action {
  return async ({ params }, { name: by, requestId }, deps) => {
    const { redis, queue: servers } = deps.connection;
    const others = [deps.payments, deps.news].flatMap((other) => other?.queue ?? []);
    const all = [servers, ...others];
    const switched = all.filter(({ name }) => (params.queueName ?? name) === name);
    if (switched.length === 0) return notFound;
    for (const queue of switched)
      await switchQueue({ ...deps, connection: { redis, queue } }, { paused, by, requestId, reason: null });
    return { status: 200, body: {} };
  };
}

/** Allows reading to every user, and a few changes to users who may act. Refuses everything else. */
export function guardRoute(route: BoardRoute, deps: GuardDeps): BoardRoute {
  const name = `${String(route.method)} ${String(route.route)}`;
  return { ...route, handler: withTimeout(deps, route.method === 'get' ? route.handler : guarded(name, deps)) };
}

function guarded(name: string, deps: GuardDeps): Handler {
  return async (request) => {
    const user = request && deps.users.get(request.headers);
    const about = { ...request?.params, by: user?.name, requestId: user?.requestId };
    const refuse = (message: string): Answer => {
      deps.log.warn({ ...about, event: 'board-action-refused', error: message }, `Bull Board refused: ${name}`);
      return forbidden(message);
    };
    if (!request || !user?.mayAct) return refuse(onlyReads);
    const action = actions[name];
    if (!action) return refuse(notOffered);
    deps.log.warn({ ...about, event: 'board-action-requested' }, `Bull Board: ${name}`);
    return action(request, user, deps);
  };
}

const onlyReads = 'This token may only read. Sign in with the token of an operator to make changes.';
const notOffered =
  'This dashboard can only retry, pause and resume. Create, cancel and remove jobs through the API: see /docs.';

function forbidden(message: string): Answer {
  return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message } };
}

/** Answers in time even if Redis does not. The answer never contains an internal error. */
function withTimeout({ connection, log }: GuardDeps, handler: Handler): Handler {
  return async (request) => {
    if (connection.redis.status !== 'ready') return unavailable;
    const call = async () => handler(request);
    const answer = call().catch((error: unknown) => {
      log.error(
        { event: 'board-request-failed', error: redisErrorText(error) },
        'Bull Board could not answer a request',
      );
      return error instanceof QueueUnreachableError ? unavailable : failed;
    });
    return (await answerWithin(answerWithinMs, answer)) ?? unavailable;
  };
}

const unavailable: Answer = {
  status: 500,
  body: {
    error: { key: 'ERRORS.REDIS_UNAVAILABLE' },
    message: 'Redis does not answer. Jobs run again when it is back.',
  },
};
const notFound: Answer = {
  status: 404,
  body: { error: { key: 'ERRORS.QUEUE_NOT_FOUND' }, message: 'There is no such queue.' },
};
const failed: Answer = {
  status: 500,
  body: {
    error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' },
    message: 'Bull Board could not answer. The log of the API has the error.',
  },
};
