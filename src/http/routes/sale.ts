import { z } from 'zod';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';

const saleShape = z.strictObject({ open: z.boolean() }).meta({ id: 'Sale' });

const change = route({
  method: 'post',
  path: '/v1/sale',
  access: 'operator',
  summary: 'Stop or resume the sale',
  description: 'While the sale is stopped, purchases get 503. Everything else continues.',
  body: saleShape,
  answers: { 200: { description: 'The new state', body: saleShape } },
  problems: ['database-busy'],
  handle: async (call, { store, log, now }) => {
    const { caller, body } = call;
    const { open } = body;
    await store.changeSale({ open }, actorOf(call, now()));
    const event = open ? 'sale-resumed' : 'sale-stopped';
    log.warn({ event, by: caller, open }, open ? 'Resumed the sale' : 'Stopped the sale');
    return reply(200, { open });
  },
});

export const saleRoutes = [change];
