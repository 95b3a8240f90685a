import { z } from 'zod';
import { lastSweepSetting, tallySetting } from '#db/settings.ts';
import type { Grain, Trend } from '#db/trends.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const counts = z.record(z.string(), z.number().int());

export const tallyShape = z
  .object({
    countedAt: instant.nullable().meta({ description: 'null: a worker has not counted yet.' }),
    servers: counts.meta({ description: 'By status.' }),
    jobs: counts.meta({ description: 'Open jobs, by state.' }),
    locations: counts.meta({ description: 'The machines that serve, by location.' }),
  })
  .meta({ id: 'Tally' });

const tally = route({
  method: 'get',
  path: '/v1/tally',
  access: 'alerts:read',
  summary: 'Show how many servers, open jobs and machines there are',
  description: 'As a worker counted them within the last minutes.',
  answers: { 200: { description: 'The counts', body: tallyShape } },
  handle: async (_, { store }) => {
    const kept = await store.readSetting(tallySetting);
    const { servers, jobs, locations } = kept?.value ?? { servers: {}, jobs: {}, locations: {} };
    const copies = { servers: { ...servers }, jobs: { ...jobs }, locations: { ...locations } };
    return reply(200, { countedAt: kept?.updatedAt.toISOString() ?? null, ...copies });
  },
});

const spans = {
  day: { grain: 'minute', hours: 24 },
  month: { grain: 'hour', hours: 30 * 24 },
} as const satisfies Record<string, { grain: Grain; hours: number }>;

export const trendShape = z
  .object({
    at: instant.meta({ description: 'The beginning of the minute or hour.' }),
    purchases: z.number().int(),
    ready: z.number().int().meta({ description: 'The servers that became ready.' }),
    meanSeconds: z.number().nullable().meta({ description: 'From the order to ready; null: none became ready.' }),
    longestSeconds: z.number().nullable(),
  })
  .meta({ id: 'Trend' });

const trends = route({
  method: 'get',
  path: '/v1/trends',
  access: 'alerts:read',
  summary: 'Show purchases, and the time until servers are ready',
  description:
    'Of the last 24 hours by the minute, or of the last 30 days by the hour; without those in which nothing happened.',
  query: z.strictObject({ span: z.enum(['day', 'month']).default('day') }),
  answers: { 200: { description: 'Oldest first', body: z.object({ items: z.array(trendShape) }) } },
  handle: async ({ query: { span } }, { store, now }) => {
    const { grain, hours } = spans[span];
    const since = new Date(now().getTime() - hours * 60 * 60_000);
    return reply(200, { items: (await store.readTrends(grain, since)).map(showTrend) });
  },
});

function showTrend({ at, purchases, ready, waitedMs, longestMs }: Trend): z.output<typeof trendShape> {
  const meanSeconds = ready === 0 ? null : Math.round(waitedMs / ready / 100) / 10;
  const longestSeconds = ready === 0 ? null : Math.round(longestMs / 100) / 10;
  return { at: at.toISOString(), purchases, ready, meanSeconds, longestSeconds };
}

const queueCount = z.number().int();
export const workersShape = z
  .object({
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
  summary: 'Show the depth of the queue, and what was last heard of the workers',
  answers: { 200: { description: 'As Redis and the database say', body: workersShape } },
  handle: async (_, { live, store }) => {
    const [queue, sweep] = await Promise.all([live.queue(), store.readSetting(lastSweepSetting)]);
    return reply(200, {
      workers: queue?.workers ?? null,
      queue: queue?.counts ?? null,
      lastSweepAt: sweep?.value.succeededAt ?? null,
      lastSweepError: sweep?.value.error ?? null,
    });
  },
});

export const figureRoutes = [tally, trends, workers];
