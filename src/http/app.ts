import express, { type Express } from 'express';
import type { Board } from '#queues/board/board.ts';
import type { ApiConfig } from '#src/config/api.ts';
import type { ApiMetrics } from '#src/metrics/api.ts';
import { serveBoard } from './board/serve-board.ts';
import { createSessions } from './board/session.ts';
import { serveDocs } from './docs/serve-docs.ts';
import { answerProblems, answerUnknownRoute } from './middleware/error-handler.ts';
import { limitPerAddress, limitPerToken } from './middleware/rate-limits.ts';
import { observeRequests } from './middleware/request-log.ts';
import { dataSecurity } from './middleware/security.ts';
import { mount } from './mount.ts';
import type { Route } from './route.ts';
import type { Services } from './services/services.ts';

export interface AppDeps {
  readonly config: Pick<ApiConfig, 'tokens' | 'rateLimitPerMinute' | 'rateLimitPerAddress' | 'trustProxy'>;
  readonly routes: readonly Route[];
  readonly services: Services;
  readonly version: string;
  readonly requestTook: ApiMetrics['requestTook'];
  readonly board: Board;
}

/** Builds the Express app: the API, its documentation and the dashboard. */
export function createApp({ config, routes, services, version, requestTook, board }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.set('trust proxy', config.trustProxy);
  app.use(observeRequests(services.log, requestTook), dataSecurity(), limitPerAddress(config.rateLimitPerAddress));
  const sessions = createSessions(config.tokens, services.now);
  // First, since Express compares a path with one route after the other.
  mount(app, routes, {
    services,
    tokens: config.tokens,
    sessionOf: sessions.tokenOf,
    limitPerToken: limitPerToken(config.rateLimitPerMinute),
  });
  serveDocs(app, routes, version);
  const { store, log, now } = services;
  serveBoard(app, { board, sessions, tokens: config.tokens, store, log, now });
  app.use(answerUnknownRoute, answerProblems(services.log));
  return app;
}
