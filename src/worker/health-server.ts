import express, { type Express } from 'express';
import type { Registry } from 'prom-client';
import { Problem } from '#src/http/problems/problem.ts';
import type { WorkerHealth } from './health.ts';

/**
 * A worker's own /livez, /readyz and /metrics, for supervisors and Prometheus on a private network. No token is needed.
 * The shapes are those of the API.
 */
export function healthApp(health: WorkerHealth, registry: Registry): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const readiness = await health.readiness();
    response.status(readiness.status === 'ok' ? 200 : 503).json(readiness);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  app.use(({ path }, response) => {
    const problem = new Problem('not-found', `A worker answers /livez, /readyz and /metrics, not ${path}.`);
    response.status(problem.status).type('application/problem+json').json(problem.document(path, ''));
  });
  return app;
}
