import type { AppControllerRoute, BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import type { Store } from '#db/store.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import type { Log } from '#queues/ports/log.ts';
import type { Producer } from '#queues/producer.ts';
import { answerWithin } from '#queues/within.ts';
import type { BoardUser } from './board.ts';
import { retryFailed, retryOne } from './retry.ts';

export type BoardRoute = AppControllerRoute;

export interface GuardDeps {
  readonly connection: QueueConnection;
  readonly store: Store;
  readonly producer: Producer;
  readonly log: Log;
  readonly now: () => Date;
  readonly users: WeakMap<object, BoardUser>;
}

type Handler = BoardRoute['handler'];
type Answer = ControllerHandlerReturnType;
type Action = (request: BullBoardRequest, user: BoardUser, deps: GuardDeps) => Promise<Answer>;

/** Long enough for a big page; Redis answers in milliseconds or is in trouble. */
const answerWithinMs = 5_000;

/** The changes that Bull Board may make by itself: they touch no job. */
const ownActions = new Set([
  'put /api/queues/pause',
  'put /api/queues/resume',
  'put /api/queues/:queueName/pause',
  'put /api/queues/:queueName/resume',
]);

/** The changes that we make in its place: a retry is a new job in the database, never an old one run again. */
const ourActions: Readonly<Record<string, Action>> = {
  'put /api/queues/:queueName/:jobId/retry': retryOne,
  'put /api/queues/:queueName/retry/:queueStatus': retryFailed,
};

/** The route as we let it work: reading for all, a few changes for those who may act, and nothing else. */
export function guardRoute(route: BoardRoute, deps: GuardDeps): BoardRoute {
  const name = `${String(route.method)} ${String(route.route)}`;
  return { ...route, handler: answering(deps, route.method === 'get' ? route.handler : guarded(name, route, deps)) };
}

function guarded(name: string, route: BoardRoute, deps: GuardDeps): Handler {
  return async (request) => {
    const user = request && deps.users.get(request.headers);
    if (!request || !user?.mayAct)
      return forbidden('This token may only look. Sign in with an operator’s token to act.');
    const ours = ourActions[name];
    if (!ours && !ownActions.has(name)) return forbidden(notHere);
    deps.log.warn({ by: user.name, requestId: user.requestId, ...request.params }, `Bull Board: ${name}`);
    return ours ? ours(request, user, deps) : route.handler(request);
  };
}

const notHere =
  'This dashboard shows, retries, pauses and resumes. Jobs are made, cancelled and removed through the API: see /docs.';

function forbidden(message: string): Answer {
  return { status: 403, body: { error: { key: 'ERRORS.FORBIDDEN' }, message } };
}

/** Answers in time also while Redis does not, and tells nothing of what went wrong inside. */
function answering({ connection, log }: GuardDeps, handler: Handler): Handler {
  return async (request) => {
    if (connection.redis.status !== 'ready') return unavailable;
    const call = async () => handler(request);
    const answer = call().catch((error: unknown) => {
      log.error({ error: String(error) }, 'Bull Board failed');
      return failed;
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
const failed: Answer = {
  status: 500,
  body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' }, message: 'The log says what went wrong.' },
};
