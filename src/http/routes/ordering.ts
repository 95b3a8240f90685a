import { z } from 'zod';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const resume = route({
  method: 'post',
  path: '/v1/ordering/resume',
  access: 'sale:write',
  summary: 'Resume orders of machines',
  description:
    'For the alert ordering-stopped, once its cause is removed. Machines that were ordered before and never answered do not count any more: each waiting job may order three again, and gets another hour.',
  answers: {
    200: {
      description: 'Jobs that wait continue within two minutes',
      body: z.object({ resumedAt: instant }).meta({ id: 'OrderingResumed' }),
    },
  },
  problems: ['database-busy', 'disk-full'],
  handle: async (call, { store, log, now }) => {
    const { caller } = call;
    const at = now();
    await store.resumeOrdering({ resumedBy: caller }, actorOf(call, at));
    log.warn({ event: 'ordering-resumed', by: caller }, 'Resumed orders');
    return reply(200, { resumedAt: at.toISOString() });
  },
});

export const orderingRoutes = [resume];
