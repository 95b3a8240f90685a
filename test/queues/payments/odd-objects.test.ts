import { expect, test } from 'vitest';
import { margin, sums } from '#queues/statements/amounts.ts';
import { collect, renew } from '#src/simulator/stripe/life.ts';
import type { Invoice, Item, Price, Product, Subscription } from '#src/simulator/stripe/shapes.ts';
import { type PaymentsScene, paymentsScene } from './scene.ts';

/** What Stripe may show and a person would not expect: nothing is lost, and each has a clear end. */

const small = 'price_vc21c1gb';

/** What the service has recorded of a subscription. */
async function stateOf({ store }: PaymentsScene, id: string) {
  const found = await store.readSubscriptionInFull(id);
  const { standing, reason, hold, plan } = found?.subscription ?? {};
  const payments = found?.payments.map(({ amount, currency }) => `${amount} ${currency}`);
  return { standing: `${standing}/${reason}`, hold, plan, payments, server: found?.server?.status ?? null };
}

/** Changes the subscription at Stripe. */
function edit({ stripe: { book }, at }: PaymentsScene, id: string, changes: Partial<Subscription>): void {
  book.emit('customer.subscription.updated', book.put({ ...at(id), ...changes }));
}

function withItems(scene: PaymentsScene, id: string, items: readonly Item[]): void {
  edit(scene, id, { items: { ...scene.at(id).items, data: [...items] } });
}

/** Another price, of a product of its own. */
function priceOf(
  { stripe: { book } }: PaymentsScene,
  name: string,
  changes: Partial<Price>,
  product: object = {},
): Price {
  const sold = { ...book.must('product', 'prod_vc21c1gb'), id: `prod_${name}`, ...product };
  book.put(sold as Product);
  return book.put<Price>({ ...book.must('price', small), id: `price_${name}`, product: sold.id, ...changes });
}

/** The only item of the subscription has this price from now on. */
function repriced(scene: PaymentsScene, id: string, price: Price): void {
  withItems(
    scene,
    id,
    scene.at(id).items.data.map((item) => ({ ...item, price })),
  );
}

/** The newest invoice becomes another one. */
function reinvoice({ stripe: { book } }: PaymentsScene, id: string, changes: Partial<Invoice>): void {
  const invoice = book.all('invoice').find(({ parent }) => parent.subscription_details.subscription === id);
  if (invoice) book.put<Invoice>({ ...invoice, ...changes });
}

test('A currency that nobody knows is served and recorded, and stays apart in sums', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  reinvoice(scene, id, { currency: 'zzz' });
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({ standing: 'good/paid', payments: ['900 ZZZ'], server: 'running' });
  const paid = [
    { currency: 'ZZZ', amount: 900 },
    { currency: 'USD', amount: 500 },
  ];
  expect(sums(paid)).toEqual(paid.toReversed());
  expect(margin(paid, [{ currency: 'USD', amount: 200 }])).toEqual([{ currency: 'USD', amount: 300 }]);
});

test('A price that is archived is served on, and bought with', async () => {
  const scene = await paymentsScene();
  const [old, fresh] = [scene.buy(), scene.buy({ ghostifi_reference: 'fresh' })];
  for (const id of [old, fresh]) repriced(scene, id, priceOf(scene, `archived_${id}`, { active: false }));
  await scene.settle();
  for (const id of [old, fresh]) expect(await stateOf(scene, id)).toMatchObject({ hold: null, server: 'running' });
});

test('A product that was deleted leaves its running server alone and holds a new payment, unless the price has the plan', async () => {
  const scene = await paymentsScene();
  const ours = { ghostifi_installation: 'test' };
  const running = scene.buy(ours);
  await scene.settle();
  const [fresh, named] = [
    scene.buy({ ...ours, ghostifi_reference: 'fresh' }),
    scene.buy({ ...ours, ghostifi_reference: 'named' }),
  ];
  const deleted = { deleted: true, metadata: undefined };
  repriced(scene, running, priceOf(scene, 'gone', {}, deleted));
  repriced(scene, fresh, priceOf(scene, 'gone', {}, deleted));
  repriced(scene, named, priceOf(scene, 'kept', { metadata: { ghostifi_plan: 'vc2-1c-1gb' } }, deleted));
  await scene.settle();
  expect(await stateOf(scene, running)).toMatchObject({
    standing: 'good/paid',
    hold: 'unknown-plan',
    server: 'running',
  });
  expect(await stateOf(scene, fresh)).toMatchObject({ standing: 'good/paid', hold: 'unknown-plan', server: null });
  expect(await stateOf(scene, named)).toMatchObject({ hold: null, server: 'running' });
});

test.for<[string, Record<string, string>, object]>([
  ['the customer', { ghostifi_customer: 'x'.repeat(500) }, { hold: null, server: 'running' }],
  ['the reference', { ghostifi_reference: 'x'.repeat(500) }, { hold: null, server: 'running' }],
  ['the location', { ghostifi_location: 'x'.repeat(500) }, { hold: 'unknown-location', server: null }],
  ['the server', { ghostifi_server: 'x'.repeat(500) }, { hold: 'has-server', server: null }],
  ['a key that is not ours', { other: 'x'.repeat(500) }, { hold: null, server: 'running' }],
])('500 characters as %s are no fault of the payment', async ([, metadata, expected]) => {
  const scene = await paymentsScene();
  const id = scene.buy(metadata);
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({ standing: 'good/paid', payments: ['900 USD'], ...expected });
});

test('500 characters as the plan of a price hold the payment; as an installation they name another one', async () => {
  const scene = await paymentsScene();
  const [planned, other] = [scene.buy(), scene.buy({ ghostifi_installation: 'x'.repeat(500) })];
  repriced(scene, planned, priceOf(scene, 'long', { metadata: { ghostifi_plan: 'x'.repeat(500) } }));
  await scene.settle();
  expect(await stateOf(scene, planned)).toMatchObject({ standing: 'good/paid', hold: 'unknown-plan', server: null });
  expect(await scene.store.readSubscription(other)).toBe(null);
});

test('One of 20 items sells a plan, whichever it is, and gets one server', async () => {
  const scene = await paymentsScene();
  for (const place of [0, 11, 19]) {
    const id = scene.buy({ ghostifi_reference: `place-${place}` });
    const [ours] = scene.at(id).items.data;
    if (!ours) throw new Error('There is one item.');
    const foreign = { ...ours, price: priceOf(scene, 'other', {}, { metadata: {} }), quantity: 3 };
    const items = Array.from({ length: 20 }, (_, at) =>
      at === place ? ours : { ...foreign, id: `si_${place}_${at}` },
    );
    withItems(scene, id, items);
    await scene.settle();
    expect(await stateOf(scene, id)).toMatchObject({ hold: null, plan: 'vc2-1c-1gb', server: 'running' });
  }
});

test.for([0, 2])('A quantity of %i is held', async (quantity) => {
  const scene = await paymentsScene();
  const id = scene.buy();
  withItems(
    scene,
    id,
    scene.at(id).items.data.map((item) => ({ ...item, quantity })),
  );
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({ standing: 'good/paid', hold: 'quantity', server: null });
});

test('A first invoice of 0 is served, and a renewal of 0 too', async () => {
  const scene = await paymentsScene();
  scene.stripe.book.put<Price>({ ...scene.stripe.book.must('price', small), unit_amount: 0 });
  const id = scene.buy();
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({ standing: 'good/paid', payments: ['0 USD'], server: 'running' });
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({
    standing: 'good/paid',
    payments: ['0 USD', '0 USD'],
    server: 'running',
  });
});

test('An invoice below 0, a credit, is recorded as such and serves', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  const paid = scene.at(id);
  withItems(
    scene,
    id,
    paid.items.data.map((item) => ({ ...item, price: { ...item.price, unit_amount: -400 } })),
  );
  scene.stripe.clock.advance(1_000);
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await stateOf(scene, id)).toMatchObject({
    standing: 'good/paid',
    payments: ['-400 USD', '900 USD'],
    server: 'running',
  });
});
