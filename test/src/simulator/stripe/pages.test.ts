import { expect, test } from 'vitest';
import { type SimulatedStripe, signal, simulatedStripe } from './simulated-stripe.ts';

const form = (fields: Record<string, string>) => ({
  method: 'POST',
  body: new URLSearchParams(fields),
  redirect: 'manual' as const,
});

/** Buys in the shop, as a person does in a browser, and returns the address of Stripe's page. */
async function orderInShop({ url }: SimulatedStripe): Promise<string> {
  const order = { price: 'price_vc21c1gb', location: 'ams', email: 'alice@example.com' };
  const answer = await fetch(`${url}/shop`, form(order));
  expect(answer.status).toBe(303);
  return answer.headers.get('location') ?? '';
}

async function newest({ payments }: SimulatedStripe): Promise<string | undefined> {
  return (await payments.subscriptions(null, signal)).ids[0];
}

test('The shop lists what it sells, and a purchase is paid on a page of its own', async () => {
  const stripe = await simulatedStripe();
  const shop = await (await fetch(`${stripe.url}/shop`)).text();
  for (const text of ['VPN small', '9.00 USD', 'fra']) expect(shop).toContain(text);
  const payPage = await orderInShop(stripe);
  expect(await (await fetch(payPage)).text()).toContain('Pay 9.00 USD');
  expect(await newest(stripe)).toBe(undefined);
  const paid = await fetch(payPage, form({ how: 'paid', card: '4242 4242 4242 4242' }));
  expect(paid.headers.get('location')).toBe(`${stripe.url}/shop`);
  const facts = await stripe.payments.subscription((await newest(stripe)) ?? '', signal);
  expect(facts).toMatchObject({ status: 'active', metadata: { location: 'ams', customer: 'alice@example.com' } });
  expect(await (await fetch(payPage)).text()).toContain('This checkout is complete.');
});

test('A card that the bank declines, and the way back, make no subscription', async () => {
  const stripe = await simulatedStripe();
  const payPage = await orderInShop(stripe);
  expect((await fetch(payPage, form({ how: 'declined' }))).status).toBe(402);
  expect((await fetch(payPage, form({ how: 'paid', card: '4000 0000 0000 0002' }))).status).toBe(402);
  expect((await fetch(payPage, form({ how: 'cancel' }))).status).toBe(303);
  expect(await newest(stripe)).toBe(undefined);
});

test('The bank that asks is answered on a page of its own', async () => {
  const stripe = await simulatedStripe();
  const payPage = await orderInShop(stripe);
  expect(await (await fetch(payPage, form({ how: 'bank' }))).text()).toContain('Confirm with your bank');
  const status = async () => (await stripe.payments.subscription((await newest(stripe)) ?? '', signal))?.status;
  expect(await status()).toBe('incomplete');
  await fetch(`${payPage}/bank`, form({ how: 'refuse' }));
  expect(await status()).toBe('incomplete');
  await fetch(`${payPage}/bank`, form({ how: 'confirm' }));
  expect(await status()).toBe('active');
});

test('In the portal a customer cancels, keeps the subscription after all, and changes the plan', async () => {
  const stripe = await simulatedStripe();
  const subscription = await stripe.buy();
  const read = () => stripe.payments.subscription(subscription, signal);
  const customer = (await read())?.stripeCustomer ?? '';
  const portal = await stripe.payments.createPortal(customer, `${stripe.url}/shop`, signal);
  const act = (fields: Record<string, string>) => fetch(portal, form({ subscription, ...fields }));
  expect(await (await fetch(portal)).text()).toContain('VPN small');
  await act({ do: 'cancel-at-end' });
  expect((await read())?.cancelAt).toEqual((await read())?.items[0]?.periodEnd);
  await act({ do: 'undo' });
  expect((await read())?.cancelAt).toBe(null);
  await act({ do: 'change', price: 'price_vc22c4gb' });
  expect((await read())?.items[0]?.price.plan).toBe('vc2-2c-4gb');
  await act({ do: 'cancel-now' });
  expect((await read())?.status).toBe('canceled');
  expect((await act({ do: 'undo' })).status).toBe(404);
});

test("A portal shows and changes its own customer's subscriptions only", async () => {
  const stripe = await simulatedStripe();
  const [mine, other] = [await stripe.buy(), await stripe.buy()];
  const customer = (await stripe.payments.subscription(mine, signal))?.stripeCustomer ?? '';
  const portal = await stripe.payments.createPortal(customer, `${stripe.url}/shop`, signal);
  expect(await (await fetch(portal)).text()).not.toContain(other);
  expect((await fetch(portal, form({ subscription: other, do: 'cancel-now' }))).status).toBe(404);
  expect((await stripe.payments.subscription(other, signal))?.status).toBe('active');
});

test('Text of customers is escaped, and the pages run no script', async () => {
  const stripe = await simulatedStripe();
  const answer = await fetch(`${stripe.url}/shop`);
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  const odd = { price: '<script>', location: 'ams', email: 'a@example.com' };
  expect(await (await fetch(`${stripe.url}/shop`, form(odd))).text()).not.toContain('<script>');
});
