import { hash } from 'node:crypto';
import { z } from 'zod';
import { NotFoundError } from '#db/errors.ts';
import { installationSetting, saleSetting } from '#db/settings.ts';
import type { Idempotency } from '#db/transactions/answers.ts';
import type { Price } from '#queues/ports/payments.ts';
import { assertOffered } from '#src/http/commands/assert-offered.ts';
import { actorOf, commandOf, keyRequired } from '#src/http/commands/idempotency.ts';
import { assertOrdersForItself } from '#src/http/commands/own-customer.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import { reply, route } from '#src/http/route.ts';
import { deskOf } from '#src/http/services/payments.ts';
import type { Services } from '#src/http/services/services.ts';
import { customer, instant, location, plan, reference } from '#src/http/shapes/fields.ts';
import { subscriptionParams } from '#src/http/shapes/subscription.ts';

const url = z.url({ protocol: /^https?$/ }).max(2_000);
const checkoutShape = z.object({ id: z.string(), url: z.string(), expiresAt: instant }).meta({ id: 'Checkout' });
const orderShape = z
  .strictObject({
    customer,
    email: z.email().max(200).optional(),
    price: z
      .string()
      .regex(/^\w{1,255}$/)
      .optional()
      .meta({ description: 'A price at Stripe, if no plan is given.' }),
    plan: plan.optional(),
    location,
    reference: reference.optional(),
    successUrl: url,
    cancelUrl: url,
  })
  .refine((order) => (order.price === undefined) !== (order.plan === undefined), {
    error: 'must have either a price or a plan',
    path: ['price'],
  })
  .meta({ id: 'CheckoutOrder' });
type Order = z.output<typeof orderShape>;

const checkout = route({
  method: 'post',
  path: '/v1/checkouts',
  access: 'purchases:write',
  forCustomers: 'filtered',
  summary: 'Open a page at Stripe where a customer subscribes',
  description:
    'Send the customer to `url`. Once it is paid, the server is bought. A repeated call gets the same page. Give each order its own reference: two subscriptions of one customer and reference raise an alert.',
  headers: keyRequired,
  body: orderShape,
  answers: { 201: { description: 'The page is open', body: checkoutShape } },
  problems: ['not-offered', 'key-reused', 'sale-closed', 'database-busy', 'disk-full', 'payments-unavailable'],
  handle: async (call, services) => {
    const desk = deskOf(services);
    assertOrdersForItself(call, call.body.customer);
    const { store, now } = services;
    const { idempotency } = commandOf(call, () => null);
    const earlier = idempotency && (await store.readAnswer(idempotency));
    if (earlier) return reply(201, checkoutShape.parse(earlier.body), { 'Idempotency-Replayed': 'true' });
    await assertOpen(services);
    const price = await priceOf(call.body, services);
    const order = await checkoutOrder(call.body, price, services);
    const page = await desk.ask((payments, signal) => payments.createCheckout(order, keyAtStripe(idempotency), signal));
    const { id, url } = page;
    const shown = { id, url, expiresAt: page.expiresAt.toISOString() };
    const { requestedBy: actor, requestId, now: at } = actorOf(call, now());
    const detail = { price: price.id, location: call.body.location };
    const event = { type: 'checkout.opened', actor, requestId, at, subject: id, detail } as const;
    const answer = await store.recordAnswer({ idempotency, answer: () => shown }, event);
    return reply(201, checkoutShape.parse(answer.body));
  },
});

/** Stripe keeps its keys for a day, and our answers are kept for a week. The body is part of the key. */
function keyAtStripe(idempotency: Idempotency | null): string {
  const { token = '', key = '', bodyHash = '' } = idempotency ?? {};
  return hash('sha256', JSON.stringify([token, key, bodyHash]));
}

async function assertOpen({ store, alerts }: Services): Promise<void> {
  const sale = await store.readSetting(saleSetting);
  const isSoldOut = (await alerts()).some(({ kind }) => kind === 'sold-out');
  if (sale?.value.open !== false && !isSoldOut) return;
  const detail = isSoldOut ? 'All servers of this installation are sold.' : 'The sale is stopped by an operator.';
  throw new Problem('sale-closed', `${detail} Try again later.`, { headers: retryAfter(60) });
}

/** The price that the order names, or the only one that sells its plan. Throws a Problem. */
async function priceOf({ price: wanted, plan, location }: Order, services: Services): Promise<Price> {
  const prices = await deskOf(services).prices();
  const found = prices.filter((price) => (plan === undefined ? price.id === wanted : price.plan === plan));
  const [price] = found;
  if (!price?.plan || found.length > 1) throw notSold({ plan, wanted, found, prices });
  assertOffered(await services.catalogue(), { plan: price.plan, location });
  return price;
}

interface NotSold {
  readonly plan: string | undefined;
  readonly wanted: string | undefined;
  readonly found: readonly Price[];
  readonly prices: readonly Price[];
}

function notSold({ plan, wanted, found, prices }: NotSold): Problem {
  const [what, ids] = found.length > 1 ? ['has several prices: send one of them', found] : ['is not sold', prices];
  const available = { prices: ids.map(({ id }) => id) };
  const pointer = plan === undefined ? '/price' : '/plan';
  const errors = [{ in: 'body', pointer, detail: 'must be sold by one price at Stripe' }];
  const name = plan === undefined ? `Price ${wanted}` : `Plan ${plan}`;
  return new Problem('not-offered', `${name} ${what}. Prices: ${available.prices.join(', ') || 'none'}.`, {
    members: { available, errors },
  });
}

async function checkoutOrder(order: Order, { id: priceId }: Price, { store }: Services) {
  const { customer, email = null, reference, location, successUrl, cancelUrl } = order;
  const installation = (await store.readSetting(installationSetting))?.value;
  const metadata = {
    ghostifi_customer: customer,
    ghostifi_location: location,
    ...(reference !== undefined && { ghostifi_reference: reference }),
    ...(installation !== undefined && { ghostifi_installation: installation }),
  };
  return { customer, priceId, email, metadata, successUrl, cancelUrl };
}

const portal = route({
  method: 'post',
  path: '/v1/subscriptions/{id}/portal',
  access: 'purchases:write',
  forCustomers: 'subscription',
  summary: 'Open a page at Stripe where the customer changes the card or cancels',
  params: subscriptionParams,
  body: z.strictObject({ returnUrl: url }).meta({ id: 'PortalOrder' }),
  answers: { 201: { description: 'The page is open', body: z.object({ url: z.string() }).meta({ id: 'Portal' }) } },
  problems: ['not-found', 'database-busy', 'disk-full', 'payments-unavailable'],
  handle: async (call, services) => {
    const desk = deskOf(services);
    const { store, now } = services;
    const { id } = call.params;
    const subscription = await store.readSubscription(id);
    if (!subscription) throw new NotFoundError('subscription', id);
    const { stripeCustomer } = subscription;
    const url = await desk.ask((payments, signal) =>
      payments.createPortal(stripeCustomer, call.body.returnUrl, signal),
    );
    const { requestedBy: actor, requestId, now: at } = actorOf(call, now());
    await store.recordEvent({ type: 'portal.opened', actor, requestId, at, subscriptionId: id, detail: {} });
    return reply(201, { url });
  },
});

export const checkoutRoutes = [checkout, portal];
