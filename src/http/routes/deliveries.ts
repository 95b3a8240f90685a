import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import type { Delivery } from '#db/news-tables.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { id } from '#src/http/shapes/fields.ts';
import { idKey, page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import { deliveryShape, showDelivery } from '#src/http/shapes/webhook.ts';
import { webhookParams } from './webhooks.ts';

const list = route({
  method: 'get',
  path: '/v1/webhooks/{id}/deliveries',
  access: 'webhooks:write',
  summary: 'List what a webhook got and will get, newest first',
  params: webhookParams,
  query: z.strictObject({ ...pageQuery }),
  answers: { 200: { description: 'A page of deliveries', body: page(deliveryShape) } },
  problems: ['not-found'],
  handle: async ({ params: { id: endpointId }, query }, { store }) => {
    if (!(await store.readEndpoint(endpointId))) throw new NotFoundError('webhook', endpointId);
    const { rows, nextCursor } = await readPage<Delivery>(query, {
      name: 'deliveries',
      key: idKey,
      keyOf: (delivery) => delivery.id,
      read: (before, limit) => store.readDeliveries({ endpointId, before, limit }),
    });
    return reply(200, { items: rows.map(showDelivery), nextCursor });
  },
});

const retry = route({
  method: 'post',
  path: '/v1/deliveries/{id}/retry',
  access: 'webhooks:write',
  summary: 'Send a message again',
  description: 'Whatever its state, also if it was delivered, with ten attempts.',
  params: z.strictObject({ id: id.meta({ example: 'dlv-1k9f3zq4t0c7w2h5ab' }) }),
  answers: { 202: { description: 'It is sent within a second', body: deliveryShape } },
  problems: ['not-found', 'not-allowed-now', 'database-busy', 'disk-full'],
  handle: async (call, { store, now }) =>
    reply(202, showDelivery(await store.retryDelivery(call.params.id, actorOf(call, now())))),
});

export const deliveryRoutes = [list, retry];
