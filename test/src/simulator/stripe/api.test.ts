import { expect, test } from 'vitest';
import { signal, simulatedStripe } from './simulated-stripe.ts';

const day = 24 * 3_600;
const basic = `Basic ${Buffer.from('rk_test_simulator:').toString('base64')}`;

/** A call as a client without an SDK makes it. */
function asked(url: string, method: string, body?: Record<string, string>) {
  const authorization = { authorization: 'Bearer rk_test_simulator' };
  return fetch(url, { method, headers: authorization, ...(body && { body: new URLSearchParams(body) }) });
}

test('A parameter that Stripe does not know, or has taken away, is refused by its name', async () => {
  const { url } = await simulatedStripe();
  const order = { mode: 'subscription', 'line_items[0][price]': 'price_vc21c1gb', success_url: `${url}/shop` };
  const answer = await asked(`${url}/v1/checkout/sessions`, 'POST', { ...order, 'payment_method_types[0]': 'card' });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: 'parameter_unknown', param: 'payment_method_types' } });
  const listed = await asked(`${url}/v1/subscriptions?colour=red`, 'GET');
  expect(await listed.json()).toMatchObject({ error: { param: 'colour' } });
});

test('A key is taken as Bearer and as Basic; another key is refused', async () => {
  const { url } = await simulatedStripe();
  const statusOf = async (authorization: string) =>
    (await fetch(`${url}/v1/account`, { headers: { authorization } })).status;
  expect(await statusOf(basic)).toBe(200);
  expect(await statusOf('Bearer wrong')).toBe(401);
});

test('A key with other parameters is refused', async () => {
  const { payments, url } = await simulatedStripe();
  const pages = { successUrl: `${url}/shop`, cancelUrl: `${url}/shop` };
  const order = { priceId: 'price_vc21c1gb', customer: 'a', email: null, metadata: {}, ...pages };
  await payments.createCheckout(order, 'key', signal);
  const other = payments.createCheckout({ ...order, customer: 'b' }, 'key', signal);
  await expect(other).rejects.toMatchObject({ name: 'PaymentsError' });
});

test('Time renews, ends trials and cancellations, and expires what nobody confirmed', async () => {
  const stripe = await simulatedStripe();
  const status = async (id: string) => (await stripe.payments.subscription(id, signal))?.status;
  const renewed = await stripe.buy();
  const ending = await stripe.buy();
  const unconfirmed = await stripe.buy({}, 'bank');
  await stripe.control(`${ending}/cancel-at-end`);
  await stripe.control('clock', { advance: day });
  expect(await status(unconfirmed)).toBe('incomplete_expired');
  expect(await status(ending)).toBe('active');
  await stripe.control('clock', { advance: 31 * day });
  expect(await status(ending)).toBe('canceled');
  expect(await status(renewed)).toBe('active');
  const facts = await stripe.payments.subscription(renewed, signal);
  expect(facts?.items[0]?.periodEnd.getTime()).toBeGreaterThan(Date.now() + 40 * day * 1_000);
});
