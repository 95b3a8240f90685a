import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';

const alive = route({
  method: 'get',
  path: '/livez',
  access: 'anyone',
  summary: 'Check that the process is alive',
  answers: { 200: { description: 'Alive', body: z.object({ status: z.literal('ok') }) } },
  handle: async () => reply(200, { status: 'ok' }),
});

const health = z.enum(['ok', 'degraded']);
export const stateShape = z
  .object({
    status: z.enum(['ok', 'unavailable']),
    database: z.enum(['ok', 'unavailable']),
    disk: z.enum(['ok', 'low', 'full']),
    redis: health,
    workers: z.enum(['ok', 'degraded', 'unknown']),
    provider: health,
  })
  .meta({ id: 'Readiness' });

const ready = route({
  method: 'get',
  path: '/readyz',
  access: 'anyone',
  summary: 'Check that purchases are accepted',
  description:
    'Ready while the database accepts writes and its disk has room for more. A `degraded` part delays jobs; no job is lost.',
  answers: {
    200: { description: 'Ready', body: stateShape },
    503: { description: 'Not ready', body: stateShape },
  },
  handle: async (_, { readiness }) => {
    const state = await readiness.state();
    return state.status === 'ok' ? reply(200, state) : reply(503, state);
  },
});

const metrics = route({
  method: 'get',
  path: '/metrics',
  access: 'servers:read',
  summary: 'Read the metrics for Prometheus',
  description: 'They are listed in docs/metrics.md.',
  answers: { 200: { description: 'Metrics in Prometheus’s text format', body: null, contentType: 'text/plain' } },
  handle: async (_, { metrics }) => {
    const { contentType, text } = await metrics();
    return reply(200, text, { 'Content-Type': contentType });
  },
});

export const healthRoutes = [alive, ready, metrics];
