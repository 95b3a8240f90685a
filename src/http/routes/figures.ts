import { z } from 'zod';
import { tallySetting } from '#db/settings.ts';
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

export const figureRoutes = [tally, trends];
