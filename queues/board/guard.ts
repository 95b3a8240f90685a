import type { AppControllerRoute, BullBoardRequest, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { type EventType, keyNamed } from '#db/events.ts';
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

/** The changes that Bull Board makes itself, with their events. They affect no job. */
const ownActions: Readonly<Record<string, EventType>> = {
  'put /api/queues/pause': 'queue.paused',
  'put /api/queues/resume': 'queue.resumed',
  'put /api/queues/:queueName/pause': 'queue.paused',
  'put /api/queues/:queueName/resume': 'queue.resumed',
};

/**
 * The changes that we make instead of Bull Board: a retry records a new job in the database. The old one never runs
 * again.
 */
const ourActions: Readonly<Record<string, Action>> = {
  'put /api/queues/:queueName/:jobId/retry': retryOne,
  'put /api/queues/:queueName/retry/:queueStatus': retryFailed,
};

/** Allows reading to every user, and a few changes to users who may act. Refuses everything else. */
export function guardRoute(route: BoardRoute, deps: GuardDeps): BoardRoute {
  const name = `${String(route.method)} ${String(route.route)}`;
  return { ...route, handler: withTimeout(deps, route.method === 'get' ? route.handler : guarded(name, route, deps)) };
}

function guarded(name: string, route: BoardRoute, deps: GuardDeps): Handler {
  return async (request) => {
    const user = request && deps.users.get(request.headers);
    if (!request || !user?.mayAct)
      return forbidden('This token may only read. Sign in with the token of an operator to make changes.');
    const ours = ourActions[name];
    const type = ownActions[name];
    if (!ours && !type) return forbidden(notOffered);
    deps.log.warn(
      { ...request.params, event: 'board-action-requested', by: user.name, requestId: user.requestId },
      `Bull Board: ${name}`,
    );
    if (ours) return ours(request, user, deps);
    if (type) await recordClick(type, request, { user, deps });
    return route.handler(request);
  };
}

/** Recorded before the change, so that none happens without a trace. Bull Board answers 404 for an unknown queue. */
async function recordClick(
  type: EventType,
  { params }: BullBoardRequest,
  { user, deps }: { readonly user: BoardUser; readonly deps: GuardDeps },
): Promise<void> {
  const { store, connection, payments, now } = deps;
  const subject = params.queueName ?? 'all';
  const names = ['all', connection.queue.name, payments?.queue.name];
  if (!names.includes(subject)) return;
  const { name, requestId } = user;
  await store.recordEvent({ type, actor: keyNamed(name), requestId, at: now(), subject, detail: {} });
}

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
      log.error({ event: 'board-request-failed', error: String(error) }, 'Bull Board could not answer a request');
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
  body: {
    error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' },
    message: 'Bull Board could not answer. The log of the API has the error.',
  },
};
