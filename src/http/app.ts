import express, { type Express } from 'express';
import type { Board } from '#queues/board/board.ts';
import type { ApiConfig } from '#src/config/api.ts';
import type { ApiMetrics } from '#src/metrics/api.ts';
import { servePages } from '#src/pages/serve-pages.ts';
import { createIdentities } from './board/identities.ts';
import { signInPath } from './board/paths.ts';
import { serveBoard } from './board/serve-board.ts';
import { createSessions } from './board/session.ts';
import { serveDocs } from './docs/serve-docs.ts';
import { identify } from './middleware/authenticate.ts';
import { answerProblems, answerUnknownRoute } from './middleware/error-handler.ts';
import { limitCalls } from './middleware/rate-limits.ts';
import { observeRequests } from './middleware/request-log.ts';
import { dataSecurity } from './middleware/security.ts';
import { mount } from './mount.ts';
import type { Route } from './route.ts';
import { webhookPath } from './routes/stripe.ts';
import type { Services } from './services/services.ts';

export interface AppDeps {
  readonly config: Pick<
    ApiConfig,
    'tokens' | 'secretsKeys' | 'rateLimitPerMinute' | 'rateLimitPerAddress' | 'trustProxy'
  >;
  readonly routes: readonly Route[];
  readonly services: Services;
  readonly version: string;
  readonly requestTook: ApiMetrics['requestTook'];
  readonly board: Board;
}

/**
 * Health checks must succeed even if other clients at the same address reach the limit. The sign-in and Stripe's
 * webhooks have limits of their own, for wrong tokens and signatures, and a right one always passes.
 */
const unlimited = ['/livez', '/readyz', webhookPath, signInPath];

/** Builds the Express app: the API, its documentation, the console and the dashboard. */
export function createApp({ config, routes, services, version, requestTook, board }: AppDeps): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').enable('case sensitive routing');
  app.set('trust proxy', config.trustProxy);
  const { tokens, secretsKeys } = config;
  const identities = createIdentities({ tokens, secretsKeys, keys: services.keys });
  const sessions = createSessions(identities, services.now);
  app.use(
    observeRequests(services.log, requestTook),
    dataSecurity(),
    identify({ tokens, keys: services.keys, sessionOf: sessions.callerOf }),
    limitCalls({ perToken: config.rateLimitPerMinute, perAddress: config.rateLimitPerAddress, unlimited }),
  );
  // First, since Express compares a path with one route after the other.
  mount(app, routes, services);
  serveDocs(app, { routes, version, catalogue: services.catalogue });
  const { store, log, now } = services;
  servePages(app, { routes, services });
  serveBoard(app, { board, sessions, identities, store, log, now });
  app.use(answerUnknownRoute, answerProblems(services.log));
  return app;
}
