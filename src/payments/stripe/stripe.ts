import type Stripe from 'stripe';
import {
  type Checkout,
  type CheckoutOrder,
  type Payments,
  PaymentsError,
  type StripeEvent,
} from '#queues/ports/payments.ts';
import { openStripe, type StripeOptions } from './client.ts';
import { paymentsErrorOf } from './errors.ts';
import { eventTypes } from './event-types.ts';
import { priceOf } from './facts.ts';
import { fetchFacts } from './fetch-facts.ts';
import { subscriptionOf } from './related.ts';

/** Stripe as the port Payments sees it. The first call loads the SDK, so that no process starts more slowly. */
export function createStripe(options: StripeOptions): Payments {
  const call = caller(options);
  return {
    subscription: (id, signal) => call('subscription', signal, (stripe) => orNull(fetchFacts(stripe, id))),
    subscriptionOf: (id, signal) => call('related object', signal, (stripe) => orNull(subscriptionOf(stripe, id))),
    clientReference: (id, signal) =>
      call('checkout of a subscription', signal, (stripe) => clientReference(stripe, id)),
    eventsSince: (since, signal) => call('events', signal, (stripe) => eventsSince(stripe, since)),
    subscriptions: (after, signal) => call('subscriptions', signal, (stripe) => pageOfSubscriptions(stripe, after)),
    prices: (signal) => call('prices', signal, offeredPrices),
    mark: (id, owner, signal) =>
      call('mark', signal, async (stripe) => {
        const metadata = { ghostifi_server: owner.serverId, ghostifi_installation: owner.installation };
        await stripe.subscriptions.update(id, { metadata });
      }),
    createCheckout: (order, key, signal) => call('checkout', signal, (stripe) => createCheckout(stripe, order, key)),
    createPortal: (customer, return_url, signal) =>
      call('portal', signal, (stripe) => createPortal(stripe, { customer, return_url })),
  };
}

/** Makes calls that reject in the words of the port, and at once when the signal aborts: the SDK takes no signal. */
function caller(options: StripeOptions) {
  let opening: Promise<Stripe> | null = null;
  return async <T>(operation: string, signal: AbortSignal, act: (stripe: Stripe) => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      opening ??= openStripe(options);
      return await Promise.race([opening.then(act), aborted]);
    } catch (error) {
      throw signal.aborted ? signal.reason : paymentsErrorOf(operation, error, options.apiKey);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}

/** null for an object that Stripe does not have. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (paymentsErrorOf('', error, '').fault === 'absent') return null;
    throw error;
  }
}

async function clientReference(stripe: Stripe, subscription: string): Promise<string | null> {
  const [session] = (await stripe.checkout.sessions.list({ subscription, limit: 1 })).data;
  return session?.client_reference_id ?? null;
}

async function eventsSince(stripe: Stripe, since: Date): Promise<StripeEvent[]> {
  const created = { gte: Math.floor(since.getTime() / 1_000) };
  const events: StripeEvent[] = [];
  for await (const event of stripe.events.list({ created, types: [...eventTypes], limit: 100 })) {
    events.push(eventOf(event));
  }
  return events.reverse();
}

function eventOf({ id, type, livemode, created, data }: Stripe.Event): StripeEvent {
  const { object } = data;
  const objectId = 'id' in object && typeof object.id === 'string' ? object.id : null;
  return { id, type, objectId, livemode, createdAt: new Date(created * 1_000) };
}

async function pageOfSubscriptions(stripe: Stripe, after: string | null) {
  const params = { status: 'all', limit: 100 } as const;
  const page = await stripe.subscriptions.list(
    after === null ? params : Object.assign({ starting_after: after }, params),
  );
  const ids = page.data.map(({ id }) => id);
  return { ids, next: page.has_more ? (ids.at(-1) ?? null) : null };
}

async function offeredPrices(stripe: Stripe) {
  const prices = [];
  for await (const price of stripe.prices.list({ active: true, limit: 100, expand: ['data.product'] })) {
    if (price.recurring !== null && priceOf(price).plan !== null) prices.push(priceOf(price));
  }
  return prices;
}

function emailOf({ email }: CheckoutOrder): { customer_email?: string } {
  return email === null ? {} : { customer_email: email };
}

/** The metadata goes to the subscription: Stripe copies none from the session. */
async function createCheckout(stripe: Stripe, order: CheckoutOrder, idempotencyKey: string): Promise<Checkout> {
  const session = await stripe.checkout.sessions.create(
    {
      mode: 'subscription',
      line_items: [{ price: order.priceId, quantity: 1 }],
      client_reference_id: order.customer,
      ...emailOf(order),
      subscription_data: { metadata: { ...order.metadata } },
      success_url: order.successUrl,
      cancel_url: order.cancelUrl,
    },
    { idempotencyKey },
  );
  if (session.url === null) throw new PaymentsError('rejected', `Stripe gave the checkout ${session.id} no address.`);
  return { id: session.id, url: session.url, expiresAt: new Date(session.expires_at * 1_000) };
}

async function createPortal(stripe: Stripe, order: { customer: string; return_url: string }): Promise<string> {
  return (await stripe.billingPortal.sessions.create(order)).url;
}
