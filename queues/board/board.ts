import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import type { UIConfig } from '@bull-board/api/typings/app';
import { BoardAdapter, type ReadSubjects } from './adapter.ts';
import { guardRoute } from './guard.ts';
import { PageAdapter, uiOfEveryone } from './page.ts';
import type { BoardUser, RetryDeps } from './retry.ts';

export interface BoardDeps extends RetryDeps {
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
  const server = new PageAdapter((route) => guardRoute(route, { ...deps, users }));
  server.setBasePath(deps.basePath);
  const uiConfig: UIConfig = {
    ...uiOfEveryone,
    miscLinks: [...deps.links],
    ...(readOnly && { environment: { label: 'read only', color: '#475569', textColor: '#ffffff' } }),
  };
  createBullBoard({ queues: adaptersOf(deps, readOnly), serverAdapter: server, options: { uiConfig } });
  return server.getRouter();
}

function adaptersOf({ connection, payments, news, store, log }: BoardDeps, readOnlyMode: boolean): BoardAdapter[] {
  const readSubjects: ReadSubjects = (ids) =>
    store.readJobSubjects(ids).catch((error: unknown) => {
      log.warn({ event: 'board-rows-unreadable', error: String(error) }, 'Bull Board shows jobs without their rows');
      return [];
    });
  const servers = new BoardAdapter({
    queue: connection.queue,
    readSubjects,
    readOnlyMode,
    description:
      'One job for each create, rebuild, suspend, resume, destroy and retire. The database has their real state. All times are in UTC.',
    externalJobUrl: ({ data }) => linkTo(serverPages, idIn(data, 'serverId', /^[a-z0-9-]{1,26}$/)),
  });
  const others = [payments && looksAdapter(payments, readOnlyMode), news && newsAdapter(news, readOnlyMode)];
  return [servers, ...others.filter((adapter) => adapter != null)];
}

type OtherQueue = NonNullable<BoardDeps['news']>;

/** No job of these queues is about a server. Their rows have commands of their own for a retry. */
const ofOthers = { readSubjects: async () => [], allowRetries: false };

function newsAdapter({ queue }: OtherQueue, readOnlyMode: boolean): BoardAdapter {
  return new BoardAdapter({
    ...ofOthers,
    queue,
    readOnlyMode,
    description:
      'One job for each message to a webhook that is due, two of each webhook at a time. All times are in UTC.',
    externalJobUrl: ({ data }) => linkTo(webhookPages, idIn(data, 'webhookId', /^[a-z0-9-]{1,26}$/)),
  });
}

function looksAdapter({ queue }: OtherQueue, readOnlyMode: boolean): BoardAdapter {
  return new BoardAdapter({
    ...ofOthers,
    queue,
    readOnlyMode,
    description:
      'One job for each notice of Stripe, and for each look that is due. They are tried for ever. All times are in UTC.',
    externalJobUrl: ({ data }) => linkTo(subscriptionPages, idIn(data, 'subscriptionId', /^sub_\w{1,250}$/)),
  });
}

const serverPages = { text: 'Server', path: '/console/servers' };
const webhookPages = { text: 'Webhook', path: '/v1/webhooks' };
const subscriptionPages = { text: 'Subscription', path: '/console/subscriptions' };

function linkTo({ text, path }: typeof serverPages, id: string | null): { displayText: string; href: string } {
  return id ? { displayText: text, href: `${path}/${id}` } : { displayText: `${text}s`, href: path };
}

/** Data from Redis is not trusted to be an id. */
function idIn(data: unknown, name: 'serverId' | 'subscriptionId' | 'webhookId', pattern: RegExp): string | null {
  const id: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : null;
  return typeof id === 'string' && pattern.test(id) ? id : null;
}
