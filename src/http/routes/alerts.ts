import { z } from 'zod';
import { reply, route } from '#src/http/route.ts';
import { instant } from '#src/http/shapes/fields.ts';

const alertShape = z
  .object({
    id: z.string(),
    kind: z.string().meta({ description: 'docs/runbook.md has a paragraph per kind.' }),
    subject: z.string(),
    message: z.string(),
    raisedAt: instant,
  })
  .meta({ id: 'Alert' });

const alerts = route({
  method: 'get',
  path: '/v1/alerts',
  access: 'overseer',
  summary: 'What needs a person now',
  answers: { 200: { description: 'Every alert that holds now', body: z.object({ items: z.array(alertShape) }) } },
  handle: async (_, { alerts }) => {
    const items = (await alerts()).map(({ id, kind, subject, message, raisedAt }) => ({
      ...{ id, kind, subject, message },
      raisedAt: raisedAt.toISOString(),
    }));
    return reply(200, { items });
  },
});

const saleShape = z.strictObject({ open: z.boolean() }).meta({ id: 'Sale' });

const sale = route({
  method: 'post',
  path: '/v1/sale',
  access: 'operator',
  summary: 'Stop or resume the sale',
  description: 'While it is stopped, purchases get 503; everything else goes on.',
  body: saleShape,
  answers: { 200: { description: 'As it is from now on', body: saleShape } },
  problems: ['database-busy'],
  handle: async ({ body: { open }, caller }, { store, log, now }) => {
    await store.putSetting('sale', { open }, now());
    log.warn({ by: caller, open }, open ? 'The sale is open again' : 'The sale is stopped');
    return reply(200, { open });
  },
});

export const alertRoutes = [alerts, sale];
