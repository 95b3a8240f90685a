import { z } from 'zod';
import { newAttempt } from './attempt.ts';
import type { Installation } from './installation.ts';
import { stripeHookSecret } from './stripe-keys.ts';
import { until } from './wait.ts';

/** A customer with a server that Stripe bills. */
export interface Subscriber {
  readonly subscriptionId: string;
  readonly serverId: string;
}

const checkout = z.object({ url: z.url() });
const subscriptions = z.object({ items: z.array(z.object({ id: z.string() })) });
const servers = z.object({ items: z.array(z.object({ id: z.string() })) });

/** Has the simulated Stripe send its events to the API, each in both forms and twice. */
export async function sendEvents(installation: Installation): Promise<void> {
  const url = `${installation.apiUrl}/v1/stripe/webhook`;
  await control(installation, 'hooks', { url, secret: stripeHookSecret, form: 'both', copies: 2, shuffle: 200 });
}

/**
 * A customer opens the checkout and pays. Returns the reference of the order, which stays unanswered in the book until
 * `untilServed` finds its server.
 */
export async function subscribe({ shop, simulatorUrl }: Installation): Promise<string> {
  const attempt = newAttempt({ kind: 'purchase', serverId: null, location: 'fra' });
  const { key: reference } = attempt;
  const pages = { successUrl: `${simulatorUrl}/stripe/shop`, cancelUrl: `${simulatorUrl}/stripe/shop` };
  const order = { customer: customerOf(reference), plan: 'vc2-1c-1gb', location: 'fra', reference, ...pages };
  const { status, body } = await until(`the checkout of ${reference}`, () =>
    // The fault may kill the API meanwhile; the key makes a repetition safe.
    shop.post('/v1/checkouts', order, reference).catch(() => null),
  );
  if (status !== 201) throw new Error(`The checkout was answered ${status}: ${JSON.stringify(body)}`);
  shop.record(attempt);
  const confirmation = new URLSearchParams({ how: 'paid' });
  await fetch(checkout.parse(body).url, { method: 'POST', body: confirmation, redirect: 'manual' });
  return reference;
}

/** Waits until the order has a server that runs. */
export async function untilServed({ shop }: Installation, reference: string): Promise<Subscriber> {
  const find = async <T>(path: string, shape: z.ZodType<{ items: T[] }>): Promise<T | null> => {
    const answer = await shop.get(path).catch(() => null);
    return answer?.status === 200 ? (shape.parse(answer.body).items[0] ?? null) : null;
  };
  const orders = `/v1/servers?reference=${reference}`;
  const { id: serverId } = await until(`the server of ${reference}`, () => find(orders, servers));
  const attempt = shop.book.find(({ key }) => key === reference);
  if (attempt) Object.assign(attempt, { serverId, outcome: 'acknowledged' });
  await shop.until(serverId, 'running');
  const ofCustomer = `/v1/subscriptions?customer=${customerOf(reference)}`;
  const { id: subscriptionId } = await until(`the subscription of ${serverId}`, () => find(ofCustomer, subscriptions));
  return { serverId, subscriptionId };
}

function customerOf(reference: string): string {
  return `chaos-${reference}`;
}

/** Lets something happen to the subscription at Stripe: `pause`, `recover`, `cancel` and others (docs/simulator.md). */
export async function happen(installation: Installation, subscriptionId: string, act: string): Promise<void> {
  await control(installation, `${subscriptionId}/${act}`, {});
}

async function control({ simulatorUrl }: Installation, path: string, body: object): Promise<void> {
  const answer = await fetch(`${simulatorUrl}/_sim/stripe/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`The simulated Stripe refused ${path}: ${await answer.text()}`);
}
