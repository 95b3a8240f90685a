import { z } from 'zod';
import type { Alert } from '#queues/alerts/alert.ts';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const alertShape = z
  .object({
    id: z.string(),
    kind: z.string().meta({ description: 'docs/runbook.md has a paragraph per kind.' }),
    subject: z.string().meta({ description: '`more`: the alert says how many others of its kind there are.' }),
    message: z.string(),
    raisedAt: instant,
  })
  .meta({ id: 'Alert' });

const list = route({
  method: 'get',
  path: '/v1/alerts',
  access: 'overseer',
  summary: 'List the current alerts',
  description:
    'An alert is a condition that needs an operator. It is listed until the condition has ended. Of each kind, the oldest 100 are listed, and one alert says how many more there are.',
  answers: { 200: { description: 'All current alerts', body: z.object({ items: z.array(alertShape) }) } },
  handle: async (_, { alerts }) => reply(200, { items: (await alerts()).map(showAlert) }),
});

function showAlert({ id, kind, subject, message, raisedAt }: Alert): z.output<typeof alertShape> {
  return { id, kind, subject, message, raisedAt: raisedAt.toISOString() };
}

export const alertRoutes = [list];
