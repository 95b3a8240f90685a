import express, { type ErrorRequestHandler, type Express } from 'express';
import type { LoggedCall } from './call-log.ts';
import { controlRouter } from './control-router.ts';
import type { Dialect } from './dialect.ts';
import { dialectRouter } from './dialect-router.ts';
import { dialectNames, dialects } from './dialects.ts';
import type { MachineStore } from './machine-store.ts';
import type { Behaviour } from './options.ts';
import { page, rowLimit } from './page.ts';
import type { Pipeline } from './pipeline.ts';
import { stripeControl } from './stripe/control.ts';
import type { Hooks } from './stripe/hooks.ts';
import { pageRouter } from './stripe/page-routes.ts';

interface AppDeps {
  readonly pipeline: Pipeline;
  readonly machines: MachineStore;
  readonly behaviour: Behaviour;
  readonly hooks: Hooks;
  /** Called after each API call of a dialect. */
  readonly onCall: ((call: LoggedCall) => void) | undefined;
}

/** The simulator's HTTP server: its page, the control API, and every dialect below its base path. */
export function createApp({ pipeline, machines, behaviour, hooks, onCall }: AppDeps): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.use(express.json({ limit: '1mb' }));
  app.get('/', (_request, response) => {
    response.set('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'");
    response.type('html').send(currentPage(pipeline, machines));
  });
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.use('/_sim/stripe', stripeControl(machines.payments, hooks));
  app.use('/_sim', controlRouter(pipeline, machines));
  app.use('/stripe', express.urlencoded({ extended: true, limit: '1mb' }), pageRouter(machines.payments));
  for (const name of dialectNames) {
    const { basePath, open } = dialects[name];
    const dialect = open({ name, machines, behaviour, clock: pipeline.clock });
    app.use(basePath, dialectRouter(pipeline, dialect, onCall), answerError(dialect));
  }
  app.use(answerError(null));
  return app;
}

function currentPage({ clock, calls, faults }: Pipeline, machines: MachineStore): string {
  return page({
    now: clock.now(),
    apis: dialectNames.map((name) => dialects[name]),
    machines: machines.all(),
    records: machines.records.all(),
    calls: calls.latest(rowLimit),
    faults: faults.all(),
  });
}

/** Answers a request that reached no route, such as one whose body is not JSON, in the shape of its API. */
function answerError(dialect: Dialect | null): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500;
    const message = error instanceof Error ? error.message : String(error);
    response.status(status).json(dialect === null ? { error: message } : dialect.errorAnswer(status, message).body);
  };
}
