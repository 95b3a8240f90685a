import { z } from 'zod';
import type { Switches } from '#db/reads/switches.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { reason } from '#src/http/shapes/fields.ts';
import { changeFields, showChange } from '#src/http/shapes/switch.ts';

export const saleShape = z.object({ open: z.boolean(), ...changeFields }).meta({ id: 'Sale' });

const show = route({
  method: 'get',
  path: '/v1/sale',
  access: 'servers:read',
  summary: 'Show whether the sale is open',
  description:
    'With who changed it last, when and why. A stopped sale also raises the alert sale-stopped. An open sale still refuses purchases once MAX_SERVERS is reached (alert sold-out).',
  answers: { 200: { description: 'The state', body: saleShape } },
  handle: async (_, { store }) => reply(200, showSale((await store.readSwitches()).sale)),
});

const change = route({
  method: 'post',
  path: '/v1/sale',
  access: 'sale:write',
  summary: 'Stop or resume the sale',
  description: 'While the sale is stopped, purchases get 503 and an alert is raised. Everything else continues.',
  body: z.strictObject({ open: z.boolean(), reason: reason.optional() }).meta({ id: 'SaleChange' }),
  answers: { 200: { description: 'The new state', body: saleShape } },
  problems: ['database-busy', 'disk-full'],
  handle: async (call, { store, log, now }) => {
    const { caller: by } = call;
    const { open, reason = null } = call.body;
    const at = now();
    await store.changeSale({ open, by, reason }, actorOf(call, at));
    const event = open ? 'sale-resumed' : 'sale-stopped';
    log.warn({ event, by, reason, open }, open ? 'Resumed the sale' : 'Stopped the sale');
    return reply(200, showSale({ open, by, reason, at }));
  },
});

function showSale(sale: Switches['sale']): z.output<typeof saleShape> {
  return { open: sale.open, ...showChange(sale) };
}

export const saleRoutes = [show, change];
