import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import type { Services } from '#src/http/services/services.ts';
import { reason } from '#src/http/shapes/fields.ts';
import { changeFields, showChange } from '#src/http/shapes/switch.ts';

export const queueShape = z
  .object({
    paused: z.boolean().nullable().meta({ description: 'null: Redis does not answer.' }),
    ...changeFields,
  })
  .meta({ id: 'Queue' });

const show = route({
  method: 'get',
  path: '/v1/queue',
  access: 'board:read',
  summary: 'Show whether the queue is paused',
  description:
    'With who paused or resumed it last through this service or its Bull Board, when and why. While it is paused, purchases are recorded and no job starts.',
  answers: { 200: { description: 'The state', body: queueShape } },
  handle: async (_, services) => reply(200, await readQueue(services)),
});

const change = route({
  method: 'post',
  path: '/v1/queue',
  access: 'board:act',
  summary: 'Pause or resume the queue',
  description:
    'The same as Pause and Resume in Bull Board, with a reason. Jobs that run continue. The pause is kept in Redis, and ends if its data is lost.',
  body: z.strictObject({ paused: z.boolean(), reason: reason.optional() }).meta({ id: 'QueueChange' }),
  answers: { 200: { description: 'The new state', body: queueShape } },
  problems: ['not-ready', 'database-busy'],
  handle: async ({ body: { paused, reason = null }, caller: by, requestId }, services) => {
    await services.switchQueue({ paused, by, reason, requestId });
    return reply(200, await readQueue(services));
  },
});

/** The recorded change is shown only if the queue is still in the state that it led to. */
async function readQueue({ store, live }: Pick<Services, 'store' | 'live'>): Promise<z.output<typeof queueShape>> {
  const [queue, { queue: recorded }] = await Promise.all([live.queue(), store.readSwitches()]);
  const paused = queue?.paused ?? null;
  const isRecorded = paused === null || recorded?.paused === paused;
  return { paused, ...showChange(isRecorded ? recorded : null) };
}

export const queueRoutes = [show, change];
