import { z } from 'zod';
import { orderingSetting } from '#db/settings.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const resume = route({
  method: 'post',
  path: '/v1/ordering/resume',
  access: 'operator',
  summary: 'Resume orders of machines',
  description:
    'For the alert ordering-stopped, once its cause is removed. Machines that were ordered before and never answered do not count any more: each waiting job may order three again, and gets another hour.',
  answers: {
    200: {
      description: 'Jobs that wait continue within two minutes',
      body: z.object({ resumedAt: instant }).meta({ id: 'OrderingResumed' }),
    },
  },
  problems: ['database-busy'],
  handle: async ({ caller }, { store, log, now }) => {
    const at = now();
    await store.putSetting(orderingSetting, { resumedBy: caller }, at);
    log.warn({ event: 'ordering-resumed', by: caller }, 'Resumed orders');
    return reply(200, { resumedAt: at.toISOString() });
  },
});

export const orderingRoutes = [resume];
