import express, { type Express } from 'express';
import type { Registry } from 'prom-client';
import type { WorkerHealth } from './health.ts';

/** A worker's own /livez, /readyz and /metrics, for supervisors and Prometheus on a private network: it asks for no token. */
export function healthApp(health: WorkerHealth, registry: Registry): Express {
  const app = express().disable('x-powered-by').disable('etag');
  app.get('/livez', (_request, response) => void response.json({ status: 'alive' }));
  app.get('/readyz', async (_request, response) => {
    const readiness = await health.readiness();
    response.status(readiness.status === 'ready' ? 200 : 503).json(readiness);
  });
  app.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  app.use((request, response) => {
    const detail = `A worker answers /livez, /readyz and /metrics, not ${request.path}.`;
    response.status(404).type('application/problem+json').json({ title: 'Not found', status: 404, detail });
  });
  return app;
}
