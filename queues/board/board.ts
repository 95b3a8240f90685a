import type { IncomingMessage, ServerResponse } from 'node:http';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { UIConfig } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Store } from '#db/store.ts';
import type { QueueConnection } from '#queues/bullmq/connection.ts';
import { shownProgress } from '#queues/bullmq/progress.ts';
import type { Log } from '#queues/ports/log.ts';
import type { Producer } from '#queues/producer.ts';
import { type BoardRoute, guardRoute } from './guard.ts';

/** Who looks at the dashboard. */
export interface BoardUser {
  readonly name: string;
  /** Whether they may retry, pause and resume; the others only look. */
  readonly mayAct: boolean;
  readonly requestId: string;
}

export interface BoardDeps {
  readonly connection: QueueConnection;
  readonly store: Store;
  readonly producer: Producer;
  readonly log: Log;
  readonly now: () => Date;
  /** Where it is mounted. */
  readonly basePath: string;
  readonly links: readonly { readonly text: string; readonly url: string }[];
}

type Handle = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Bull Board for the queue: shows everything, and acts through the database alone. */
export interface Board {
  /** Serves a request below `basePath` (which is cut off its url) to this user, whom the caller has authenticated. */
  serve(user: BoardUser, ...call: Parameters<Handle>): void;
}

export function createBoard(deps: BoardDeps): Board {
  // Bull Board passes on a request's headers, and nothing else that could tell who asks.
  const users = new WeakMap<object, BoardUser>();
  const acting = boardFor(deps, users, { readOnly: false });
  const looking = boardFor(deps, users, { readOnly: true });
  return {
    serve: (user, request, response, next) => {
      users.set(request.headers, user);
      (user.mayAct ? acting : looking)(request, response, next);
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
  createBullBoard({ queues: [queueAdapter(deps, readOnly)], serverAdapter: server, options: { uiConfig } });
  const router = server.getRouter();
  router.disable('x-powered-by');
  return router;
}

/** Serves Bull Board's routes as `guard` makes them. */
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

function queueAdapter({ connection }: BoardDeps, readOnlyMode: boolean): BullMQAdapter {
  const adapter = new BullMQAdapter(connection.queue, {
    readOnlyMode,
    description: 'One job per create, rebuild, destroy and retire; the database decides what happens.',
    externalJobUrl: ({ data }) => {
      const id = serverIdIn(data);
      return id
        ? { displayText: 'Server', href: `/v1/servers/${id}` }
        : { displayText: 'Servers', href: '/v1/servers' };
    },
  });
  adapter.setFormatter('progress', (progress) => shownProgress(progress)?.percent ?? 0);
  return adapter;
}

/** What Redis says is not trusted to be an id. */
function serverIdIn(data: unknown): string | null {
  if (typeof data !== 'object' || data === null || !('serverId' in data)) return null;
  return typeof data.serverId === 'string' && /^[a-z0-9-]{1,26}$/.test(data.serverId) ? data.serverId : null;
}
