import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Job } from 'bullmq';
import { attemptsBegun } from '#queues/bullmq/attempts.ts';
import { shownProgress } from '#queues/bullmq/progress.ts';
import { type BoardRoute, guardRoute } from './guard.ts';
import type { BoardUser, RetryDeps } from './retry.ts';

export interface BoardDeps extends RetryDeps {
  /** The path at which the board is mounted. */
  readonly basePath: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

type Handle = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

export interface BoardCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly next: (error?: unknown) => void;
}

/** Bull Board for the queue. It shows everything, and changes jobs only through the database. */
export interface Board {
  /** Serves a request below `basePath`, which is cut off its url. The caller has authenticated the user. */
  serve(user: BoardUser, call: BoardCall): void;
}

export function createBoard(deps: BoardDeps): Board {
  // Bull Board passes a handler the request's headers, and nothing else that could identify the user.
  const users = new WeakMap<object, BoardUser>();
  const writable = boardFor(deps, users, { readOnly: false });
  const readOnly = boardFor(deps, users, { readOnly: true });
  return {
    serve: (user, { request, response, next }) => {
      users.set(request.headers, user);
      (user.mayAct ? writable : readOnly)(request, response, next);
    },
  };
}

function boardFor(deps: BoardDeps, users: WeakMap<object, BoardUser>, { readOnly }: { readOnly: boolean }): Handle {
  const server = new GuardedAdapter((route) => guardRoute(route, { ...deps, users }));
  server.setBasePath(deps.basePath);
  const uiConfig: UIConfig = {
    boardTitle: 'GhostiFi',
    miscLinks: [...deps.links],
    hideDocsLink: true,
    ...(readOnly && { environment: { label: 'read only', color: '#64748b' } }),
  };
  createBullBoard({ queues: adaptersOf(deps, readOnly), serverAdapter: server, options: { uiConfig } });
  const router = server.getRouter();
  router.disable('x-powered-by');
  return router;
}

/** Passes each of Bull Board's routes through `guard`. */
class GuardedAdapter extends ExpressAdapter {
  readonly #guard: (route: BoardRoute) => BoardRoute;

  constructor(guard: (route: BoardRoute) => BoardRoute) {
    super();
    this.#guard = guard;
  }

  override setApiRoutes(routes: BoardRoute[]): ExpressAdapter {
    return super.setApiRoutes(routes.map(this.#guard));
  }
}

/** Counts the attempts as the API does: the first run is the first attempt. */
class CountingAdapter extends BullMQAdapter {
  override async getJob(id: string): Promise<Job | undefined> {
    const job = await super.getJob(id);
    return job && countBegun(job);
  }

  override async getJobs(...which: Parameters<BullMQAdapter['getJobs']>): Promise<Job[]> {
    return (await super.getJobs(...which)).map(countBegun);
  }
}

/** Bull Board shows what `toJSON` returns. */
function countBegun(job: Job): Job {
  const toJson = job.toJSON.bind(job);
  job.toJSON = () => ({ ...toJson(), attemptsMade: attemptsBegun(job) });
  return job;
}

function adaptersOf({ connection, payments, news }: BoardDeps, readOnlyMode: boolean): BullMQAdapter[] {
  const servers = new CountingAdapter(connection.queue, {
    readOnlyMode,
    description:
      'One job for each create, rebuild, suspend, resume, destroy and retire. The database has their real state.',
    externalJobUrl: ({ data }) => linkTo('Server', idIn(data, 'serverId', /^[a-z0-9-]{1,26}$/)),
  });
  servers.setFormatter('progress', (progress) => shownProgress(progress)?.percent ?? 0);
  const others = [payments && looksAdapter(payments, readOnlyMode), news && newsAdapter(news, readOnlyMode)];
  return [servers, ...others.filter((adapter) => adapter != null)];
}

type OtherQueue = NonNullable<BoardDeps['news']>;

function newsAdapter({ queue }: OtherQueue, readOnlyMode: boolean): BullMQAdapter {
  return new CountingAdapter(queue, {
    readOnlyMode,
    description: 'One job for each message to a webhook that is due, two of each webhook at a time.',
    externalJobUrl: ({ data }) => {
      const id = idIn(data, 'webhookId', /^[a-z0-9-]{1,26}$/);
      return id
        ? { displayText: 'Webhook', href: `/v1/webhooks/${id}` }
        : { displayText: 'Webhooks', href: '/v1/webhooks' };
    },
  });
}

function looksAdapter(payments: OtherQueue, readOnlyMode: boolean): BullMQAdapter {
  return new CountingAdapter(payments.queue, {
    readOnlyMode,
    description: 'One job for each notice of Stripe, and for each look that is due. They are tried for ever.',
    externalJobUrl: ({ data }) => linkTo('Subscription', idIn(data, 'subscriptionId', /^sub_\w{1,250}$/)),
  });
}

function linkTo(what: 'Server' | 'Subscription', id: string | null): { displayText: string; href: string } {
  const list = `/v1/${what.toLowerCase()}s`;
  return id ? { displayText: what, href: `${list}/${id}` } : { displayText: `${what}s`, href: list };
}

/** Data from Redis is not trusted to be an id. */
function idIn(data: unknown, name: 'serverId' | 'subscriptionId' | 'webhookId', pattern: RegExp): string | null {
  const id: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : null;
  return typeof id === 'string' && pattern.test(id) ? id : null;
}
