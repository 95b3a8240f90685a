import { expect, test } from 'vitest';
import { standingOf } from '#queues/payments/standing.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';
import { rules } from '../../queues/payments/facts.ts';
import { type SimulatedStripe, signal, simulatedStripe } from '../simulator/stripe/simulated-stripe.ts';

const day = 24 * 3_600;

/** The standing of a subscription these many seconds from now, by the simulated Stripe's time. */
async function standing({ payments }: SimulatedStripe, id: string, laterSeconds = 0): Promise<string> {
  const facts = await payments.subscription(id, signal);
  if (facts === null) return 'none';
  const { standing, reason } = standingOf(facts, rules, new Date(Date.now() + laterSeconds * 1_000));
  return `${standing}/${reason}`;
}

test('A subscription that was bought and paid is good, with its plan and its metadata', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy({ ghostifi_location: 'ams', ghostifi_customer: 'alice' });
  const facts = await stripe.payments.subscription(id, signal);
  expect(facts).toMatchObject({ id, status: 'active', livemode: false, owed: null });
  expect(facts?.metadata).toMatchObject({ location: 'ams', customer: 'alice', server: null });
  expect(facts?.items).toMatchObject([{ price: { plan: 'vc2-1c-1gb', location: null }, quantity: 1 }]);
  expect(facts?.paid).toMatchObject({ total: 900, currency: 'USD', charges: [{ amount: 900, refunds: [] }] });
  expect(await standing(stripe, id)).toBe('good/paid');
});

test('A payment that takes days is awaited; the payment at the bank ends an incomplete one', async () => {
  const stripe = await simulatedStripe();
  expect(await standing(stripe, await stripe.buy({}, 'later'))).toBe('unpaid/awaiting-payment');
  const incomplete = await stripe.buy({}, 'bank');
  expect(await standing(stripe, incomplete)).toBe('unpaid/awaiting-payment');
  await stripe.control(`${incomplete}/recover`);
  expect(await standing(stripe, incomplete)).toBe('good/paid');
});

test('A renewal that fails is overdue from its invoice on, and good again once it is paid', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy();
  await stripe.control(`${id}/fail`);
  expect(await standing(stripe, id)).toBe('overdue/past-due');
  expect(await standing(stripe, id, 8 * day)).toBe('held/past-due');
  await stripe.control(`${id}/recover`);
  expect(await standing(stripe, id, 8 * day)).toBe('good/paid');
});

test('A renewal in time leaves the standing good, also while its invoice is a draft', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy();
  await stripe.control('clock', { advance: 31 * day });
  expect(await standing(stripe, id, 31 * day)).toBe('good/paid');
  await stripe.control('clock', { advance: 2 * 3_600 });
  const facts = await stripe.payments.subscription(id, signal);
  expect(facts?.paid?.id).not.toBe(undefined);
  expect(facts?.paid?.paidAt?.getTime()).toBeGreaterThan(Date.now() + 30 * day * 1_000);
});

test.for<[string, object, string]>([
  ['refund', {}, 'held/refunded'],
  ['refund', { amount: 100 }, 'good/paid'],
  ['refund', { status: 'failed' }, 'good/paid'],
  ['refund', { metadata: { ghostifi: 'keep' } }, 'good/paid'],
  ['dispute', {}, 'held/disputed'],
  ['pause', {}, 'held/paused'],
  ['cancel', {}, 'held/canceled'],
  ['cancel-at-end', {}, 'good/ending'],
])('%s %o', async ([act, body, expected]) => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy();
  await stripe.control(`${id}/${act}`, body);
  expect(await standing(stripe, id)).toBe(expected);
});

test('A dispute that is won leaves the standing good; a lost one ends it', async () => {
  const stripe = await simulatedStripe();
  const [won, lost] = [await stripe.buy(), await stripe.buy()];
  for (const id of [won, lost]) await stripe.control(`${id}/dispute`);
  await stripe.control(`${won}/win`);
  await stripe.control(`${lost}/lose`);
  expect(await standing(stripe, won)).toBe('good/paid');
  expect(await standing(stripe, lost)).toBe('over/dispute-lost');
});

test('The subscription of every object is found', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy();
  await stripe.control(`${id}/dispute`);
  await stripe.control(`${id}/refund`, { amount: 1 });
  const events = await stripe.payments.eventsSince(new Date(0), signal);
  const found = await Promise.all(events.map(({ objectId }) => stripe.payments.subscriptionOf(objectId ?? '', signal)));
  expect(events.map(({ type }) => type)).toContain('charge.dispute.created');
  expect(new Set(found)).toEqual(new Set([id]));
  expect(await stripe.payments.subscriptionOf('cus_1', signal)).toBe(null);
  expect(await stripe.payments.subscriptionOf('in_absent', signal)).toBe(null);
});

test('Events come oldest first, and only those that are asked for', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy();
  await stripe.control(`${id}/cancel`);
  const types = (await stripe.payments.eventsSince(new Date(0), signal)).map(({ type }) => type);
  expect(types[0]).toBe('customer.subscription.created');
  expect(types.at(-1)).toBe('customer.subscription.deleted');
  expect(types).not.toContain('charge.succeeded');
  expect(await stripe.payments.eventsSince(new Date(Date.now() + 60_000), signal)).toEqual([]);
});

test('A mark is kept with the other metadata, and a second one changes nothing', async () => {
  const stripe = await simulatedStripe();
  const id = await stripe.buy({ ghostifi_customer: 'alice' });
  const owner = { installation: 'dev', serverId: 'srv-1' };
  await stripe.payments.mark(id, owner, signal);
  const before = (await stripe.payments.eventsSince(new Date(0), signal)).length;
  await stripe.payments.mark(id, owner, signal);
  const marked = await stripe.payments.subscription(id, signal);
  expect(marked?.metadata).toMatchObject({ customer: 'alice', server: 'srv-1', installation: 'dev' });
  expect(await stripe.payments.eventsSince(new Date(0), signal)).toHaveLength(before);
});

test('A checkout that is asked for twice with one key is one checkout', async () => {
  const { payments, url } = await simulatedStripe();
  const shared = { priceId: 'price_vc21c1gb', customer: 'a', email: null, metadata: {} };
  const order = { ...shared, successUrl: `${url}/shop`, cancelUrl: `${url}/shop` };
  const first = await payments.createCheckout(order, 'key-1', signal);
  expect(await payments.createCheckout(order, 'key-1', signal)).toEqual(first);
  expect((await payments.createCheckout(order, 'key-2', signal)).id).not.toBe(first.id);
  const gone = payments.createCheckout({ ...order, priceId: 'price_gone' }, 'key-3', signal);
  await expect(gone).rejects.toMatchObject({ name: 'PaymentsError', fault: 'absent' });
});

test('Prices are those that sell a plan', async () => {
  const { payments } = await simulatedStripe();
  const plans = (await payments.prices(signal)).map(({ plan }) => plan);
  expect(plans.toSorted()).toEqual(['vc2-1c-1gb', 'vc2-1c-2gb', 'vc2-2c-4gb']);
});

test('All subscriptions are read page by page', async () => {
  const stripe = await simulatedStripe();
  const bought: string[] = [];
  for (let count = 0; count < 3; count++) bought.push(await stripe.buy());
  expect(await stripe.payments.subscriptions(null, signal)).toEqual({ ids: bought.toReversed(), next: null });
  expect((await stripe.payments.subscriptions(bought[1] ?? '', signal)).ids).toEqual([bought[0]]);
});

test('Faults are told apart, and no message holds the key', async () => {
  const stripe = await simulatedStripe();
  expect(await stripe.payments.subscription('sub_absent', signal)).toBe(null);
  const stranger = createStripe({ apiKey: 'rk_test_of_a_stranger', apiUrl: stripe.url });
  const refused = await stranger.subscription('sub_1', signal).catch((error: unknown) => error);
  expect(refused).toMatchObject({ fault: 'not-allowed' });
  expect(String(refused)).not.toContain('rk_test_of_a_stranger');
  const nowhere = createStripe({ apiKey: 'rk_test_1', apiUrl: 'http://127.0.0.1:9' });
  await expect(nowhere.subscription('sub_1', signal)).rejects.toMatchObject({ fault: 'unavailable' });
});

test('An aborted call rejects at once with the reason', async () => {
  const { payments } = await simulatedStripe();
  const controller = new AbortController();
  const call = payments.subscription('sub_1', controller.signal);
  controller.abort(new Error('the worker stops'));
  await expect(call).rejects.toThrow('the worker stops');
});
