import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { lookAt } from '#db/reads/due-looks.ts';
import { standings } from '#db/subscriptions.ts';
import { assertOffered } from '#src/http/commands/assert-offered.ts';
import { actorOf } from '#src/http/commands/idempotency.ts';
import { reply, route } from '#src/http/route.ts';
import { deskOf } from '#src/http/services/payments.ts';
import { askedCustomer, location, plan } from '#src/http/shapes/fields.ts';
import { page, pageQuery, readPage } from '#src/http/shapes/paging.ts';
import {
  showSubscription,
  showSubscriptionInFull,
  subscriptionInFull,
  subscriptionParams,
  subscriptionShape,
} from '#src/http/shapes/subscription.ts';

/** The time of creation in ms, until the year 5138, and the id. */
const ageKey = /^\d{1,14}\.[\w-]{1,255}$/;

const list = route({
  method: 'get',
  path: '/v1/subscriptions',
  access: 'servers:read',
  forCustomers: 'filtered',
  summary: 'List subscriptions, newest first',
  query: z.strictObject({ customer: askedCustomer.optional(), standing: z.enum(standings).optional(), ...pageQuery }),
  answers: { 200: { description: 'A page of subscriptions', body: page(subscriptionShape) } },
  handle: async ({ query: { limit, cursor, ...filter }, owner }, { store }) => {
    const { rows, nextCursor } = await readPage(
      { limit, cursor },
      {
        name: 'subscriptions',
        key: ageKey,
        read: (key, limit) => store.readSubscriptions({ ...filter, owner, after: afterOf(key), limit }),
        keyOf: ({ createdAt, id }) => `${createdAt.getTime()}.${id}`,
      },
    );
    return reply(200, { items: rows.map(showSubscription), nextCursor });
  },
});

function afterOf(key: string | undefined): { createdAt: Date; id: string } | undefined {
  if (key === undefined) return undefined;
  const [ms = '', id = ''] = key.split('.');
  return { createdAt: new Date(Number(ms)), id };
}

const show = route({
  method: 'get',
  path: '/v1/subscriptions/{id}',
  access: 'servers:read',
  forCustomers: 'subscription',
  summary: 'Show a subscription with its server and its payments',
  params: subscriptionParams,
  answers: { 200: { description: 'The subscription', body: subscriptionInFull } },
  problems: ['not-found'],
  handle: async ({ params: { id } }, { store }) => {
    const found = await store.readSubscriptionInFull(id);
    if (!found) throw new NotFoundError('subscription', id);
    return reply(200, showSubscriptionInFull(found));
  },
});

const accepted = {
  description: 'Stripe will be asked',
  body: z
    .object({
      id: z.string(),
      subscription: subscriptionShape
        .nullable()
        .meta({ description: 'As it was before; null: it was not recorded yet.' }),
    })
    .meta({ id: 'LookRequested' }),
} as const;

const sync = route({
  method: 'post',
  path: '/v1/subscriptions/{id}/sync',
  access: 'purchases:write',
  forCustomers: 'subscription',
  summary: 'Ask Stripe about a subscription now',
  description:
    'A worker fetches it within seconds, and its server follows. For a subscription that the service has not seen yet, too.',
  params: subscriptionParams,
  answers: { 202: accepted },
  problems: ['database-busy', 'disk-full', 'payments-unavailable'],
  handle: async (call, { payments, store, now }) => {
    const desk = deskOf({ payments });
    const { id } = call.params;
    const { subscription, look } = await store.requestLook(id, actorOf(call, now()));
    desk.publishLook(look);
    return reply(202, { id, subscription: subscription && showSubscription(subscription) });
  },
});

const release = route({
  method: 'post',
  path: '/v1/subscriptions/{id}/release',
  access: 'jobs:write',
  summary: 'Decide which server a held subscription gets',
  description:
    'Counts until the subscription has another price. A hold has-server ends too: make sure that the machine of the other server is gone. A server that was destroyed by hand is replaced.',
  params: subscriptionParams,
  body: z.strictObject({ plan, location }).meta({ id: 'Release' }),
  answers: { 202: accepted },
  problems: ['not-found', 'not-allowed-now', 'not-offered', 'database-busy', 'disk-full', 'payments-unavailable'],
  handle: async (call, { payments, store, catalogue, now }) => {
    const desk = deskOf({ payments });
    const { plan, location } = call.body;
    assertOffered(await catalogue(), { plan, location });
    const { id } = call.params;
    const at = now();
    const subscription = await store.releaseHold({ id, plan, location }, actorOf(call, at));
    desk.publishLook(lookAt(subscription, at));
    return reply(202, { id, subscription: showSubscription(subscription) });
  },
});

export const subscriptionRoutes = [list, show, sync, release];
