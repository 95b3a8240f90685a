import { z } from 'zod';
import { lastSweepSetting } from '#db/settings.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';
import { showWorker, workerShape } from '#src/http/shapes/worker.ts';

/** More rows are no help to a person. */
const mostShown = 100;

const queueCount = z.number().int();
export const workersShape = z
  .object({
    items: z.array(workerShape).meta({
      description: `The worker processes whose last word is at most about a day old, newest first, at most ${mostShown}.`,
    }),
    workers: z.number().int().nullable().meta({ description: 'Connected BullMQ workers; null: Redis does not say.' }),
    queue: z
      .object({
        waiting: queueCount,
        active: queueCount,
        delayed: queueCount,
        failed: queueCount,
        completed: queueCount,
      })
      .nullable()
      .meta({ description: 'null: Redis does not answer.' }),
    lastSweepAt: instant.nullable().meta({ description: 'When a worker last found the queue as it should be.' }),
    lastSweepError: z.string().nullable().meta({ description: 'Why the sweeps since then have failed.' }),
  })
  .meta({ id: 'Workers' });

const workers = route({
  method: 'get',
  path: '/v1/workers',
  access: 'alerts:read',
  summary: 'Show the workers with their last word, and the depth of the queue',
  description: 'A worker that was killed, or that cannot reach the database, becomes silent.',
  answers: { 200: { description: 'As Redis and the database say', body: workersShape } },
  handle: async (_, { live, store, now }) => {
    const [items, queue, sweep] = await Promise.all([
      store.readWorkers(mostShown),
      live.queue(),
      store.readSetting(lastSweepSetting),
    ]);
    const at = now();
    return reply(200, {
      items: items.map((worker) => showWorker(worker, at)),
      workers: queue?.workers ?? null,
      queue: queue?.counts ?? null,
      lastSweepAt: sweep?.value.succeededAt ?? null,
      lastSweepError: sweep?.value.error ?? null,
    });
  },
});

export const workerRoutes = [workers];
