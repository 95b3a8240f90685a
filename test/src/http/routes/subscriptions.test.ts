import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { installationSetting } from '#db/settings.ts';
import { sceneOver } from '../../../queues/payments/scene.ts';
import { type PaymentsApi, startPaymentsApi } from './payments-api.ts';

let its: PaymentsApi;
let database: Database;
let scene: ReturnType<typeof sceneOver>;
beforeAll(async () => {
  its = await startPaymentsApi();
  database = await openDatabase(`file:${its.api.databaseFile}`);
  scene = sceneOver(database, its.stripe);
});
beforeEach(() => {
  its.published.splice(0);
  its.stripe.mood = 'well';
  scene.deps.maxServers = null;
});
afterAll(async () => {
  await database.close();
  await its.close();
});

const call: PaymentsApi['api']['call'] = (...args) => its.api.call(...args);

test('A subscription is shown with its server and its payments, and found by customer and standing', async () => {
  const id = scene.buy({ ghostifi_customer: 'alice', ghostifi_reference: 'order-1' });
  await scene.settle();
  const shown = await call('GET', `/v1/subscriptions/${id}`, { as: 'viewer' });
  expect(shown).toMatchObject({
    status: 200,
    body: {
      id,
      customer: 'alice',
      reference: 'order-1',
      standing: 'good',
      reason: 'paid',
      plan: 'vc2-1c-1gb',
      hold: null,
    },
  });
  expect(shown.body.server).toMatchObject({ status: 'running' });
  expect(shown.body.payments).toMatchObject([{ amount: 900, currency: 'USD', refunded: 0 }]);
  for (const query of ['customer=alice', 'standing=good', 'customer=alice&standing=good']) {
    const { body } = await call('GET', `/v1/subscriptions?${query}`, { as: 'viewer' });
    expect(body.items.map((one: { id: string }) => one.id)).toEqual([id]);
  }
  expect((await call('GET', '/v1/subscriptions?standing=over')).body.items).toEqual([]);
  expect((await call('GET', '/v1/subscriptions/sub_unseen')).status).toBe(404);
});

test('Pages go from the newest to the oldest, and each subscription is on one of them', async () => {
  const bought = [scene.buy({ ghostifi_customer: 'bob' }), scene.buy({ ghostifi_customer: 'bob' })];
  scene.pass(1_000);
  bought.push(scene.buy({ ghostifi_customer: 'bob' }));
  await scene.settle();
  const found: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: Awaited<ReturnType<typeof call>> = await call(
      'GET',
      `/v1/subscriptions?customer=bob&limit=1${cursor && `&cursor=${cursor}`}`,
    );
    found.push(...page.body.items.map((one: { id: string }) => one.id));
    cursor = page.body.nextCursor;
  }
  expect(found.toSorted()).toEqual(bought.toSorted());
  expect(found[0]).toBe(bought[2]);
  expect((await call('GET', '/v1/subscriptions?cursor=nonsense')).status).toBe(400);
  const far = Buffer.from('subscriptions:999999999999999.sub_1').toString('base64url');
  expect((await call('GET', `/v1/subscriptions?cursor=${far}`)).status).toBe(400);
});

test('A sync makes a look due now, with its caller as the cause of what follows', async () => {
  const id = scene.buy({ ghostifi_customer: 'carol' }, 'later');
  await scene.settle();
  const { recover } = await import('#src/simulator/stripe/life.ts');
  recover(its.stripe.book, scene.at(id));
  const asked = await call('POST', `/v1/subscriptions/${id}/sync`, { as: 'storefront' });
  expect(asked).toMatchObject({ status: 202, body: { id, subscription: { standing: 'unpaid' } } });
  expect(its.published).toEqual([id]);
  scene.stripe.clock.advance(Math.max(0, Date.now() + 2_000 - scene.stripe.clock.now()));
  await scene.look();
  await scene.work();
  expect((await call('GET', `/v1/subscriptions/${id}`)).body.server).toMatchObject({ status: 'running' });
  const { events } = await its.api.store.readEvents({ limit: 50 });
  const good = events.find(({ type, subscriptionId }) => type === 'subscription.good' && subscriptionId === id);
  const chain = await its.api.store.readEventWithCauses(good?.uid ?? '');
  expect(chain?.causes).toMatchObject([{ type: 'subscription.look_requested', actor: 'key:shop' }]);
});

test('A sync of a subscription that was never seen makes a look at it due, again and again', async () => {
  const id = scene.buy({ ghostifi_customer: 'hugo' });
  for (let asked = 0; asked < 2; asked++) {
    expect(await call('POST', `/v1/subscriptions/${id}/sync`)).toMatchObject({
      status: 202,
      body: { id, subscription: null },
    });
  }
  expect(its.published).toEqual([`poll_${id}`, `poll_${id}`]);
  await scene.look();
  await scene.work();
  expect((await call('GET', `/v1/subscriptions/${id}`)).body.server).toMatchObject({ status: 'running' });
  const unknown = await call('POST', '/v1/subscriptions/sub_gone/sync');
  expect(unknown.status).toBe(202);
  await scene.look();
  expect(await its.api.store.readNotice('poll_sub_gone')).toMatchObject({ state: 'ignored', reason: 'absent' });
  expect((await call('POST', '/v1/subscriptions/gone/sync')).status).toBe(400);
});

test('A held subscription is released by an operator with an offered plan and location; another one is not held', async () => {
  scene.deps.offered = { locations: [], plans: [] } as unknown as typeof scene.deps.offered;
  const id = scene.buy({ ghostifi_customer: 'dora' });
  await scene.settle();
  scene.deps.offered = null;
  const path = `/v1/subscriptions/${id}/release`;
  const body = { plan: 'vc2-1c-2gb', location: 'ams' };
  expect((await call('POST', path, { as: 'storefront', body })).status).toBe(403);
  expect((await call('GET', `/v1/subscriptions/${id}`)).body).toMatchObject({ hold: 'unknown-plan', server: null });
  expect((await call('POST', path, { body })).status).toBe(202);
  expect(its.published).toEqual([id]);
  scene.stripe.clock.advance(Math.max(0, Date.now() + 2_000 - scene.stripe.clock.now()));
  await scene.settle();
  expect((await call('GET', `/v1/subscriptions/${id}`)).body).toMatchObject({
    hold: null,
    server: { status: 'running' },
  });
  expect(await call('POST', path, { body })).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('not held') },
  });
});

test('The answer to the destruction of a server that is paid for has a warning', async () => {
  const id = scene.buy({ ghostifi_customer: 'erin' });
  await scene.settle();
  const server = (await scene.server(id))?.id ?? '';
  const destroyed = await call('DELETE', `/v1/servers/${server}`);
  expect(destroyed).toMatchObject({ status: 202, body: { warning: 'still-billed' } });
  const { serverId } = await its.api.buy();
  expect((await call('DELETE', `/v1/servers/${serverId}`)).body).not.toHaveProperty('warning');
});

const order = {
  customer: 'fred@example.com',
  email: 'fred@example.com',
  location: 'ams',
  reference: 'order-7',
  plan: 'vc2-1c-1gb',
  successUrl: 'https://shop.test/done',
  cancelUrl: 'https://shop.test/back',
};
const keyed = (key: string) => ({ 'idempotency-key': key });

test('A checkout carries what the purchase needs, and leads to a server', async () => {
  await its.api.store.putSetting(installationSetting, 'test', new Date());
  const opened = await call('POST', '/v1/checkouts', { as: 'storefront', body: order, headers: keyed('c-1') });
  expect(opened).toMatchObject({
    status: 201,
    body: { id: expect.stringMatching(/^cs_/), url: expect.stringContaining('/pay/') },
  });
  const session = its.stripe.book.must('checkout.session', opened.body.id);
  expect(session).toMatchObject({ client_reference_id: order.customer, customer_email: order.email });
  expect(session.order.metadata).toEqual({
    ghostifi_customer: order.customer,
    ghostifi_location: 'ams',
    ghostifi_reference: 'order-7',
    ghostifi_installation: 'test',
  });
  const { subscribe } = await import('#src/simulator/stripe/subscribe.ts');
  const { id } = subscribe(its.stripe.book, session, 'paid');
  await scene.settle();
  const shown = (await call('GET', `/v1/subscriptions/${id}`)).body;
  expect(shown).toMatchObject({ customer: order.customer, reference: 'order-7', server: { status: 'running' } });
  const { events } = await its.api.store.readEvents({ type: 'checkout.opened', limit: 5 });
  expect(events).toMatchObject([{ actor: 'key:shop', subject: opened.body.id }]);
  expect(JSON.stringify(events)).not.toContain('@');
});

test('A checkout that is asked for twice is one, also after Stripe has forgotten its key; another body is refused', async () => {
  const ask = (body = order) => call('POST', '/v1/checkouts', { body, headers: keyed('c-2') });
  const first = await ask();
  its.stripe.mood = 'away';
  const second = await ask();
  expect([second.status, second.body]).toEqual([201, first.body]);
  expect(second.headers.get('idempotency-replayed')).toBe('true');
  expect(await ask({ ...order, location: 'ewr' })).toMatchObject({
    status: 422,
    body: { type: 'urn:ghostifi:problem:key-reused' },
  });
});

test('Two calls with one key at once open one page', async () => {
  const ask = () => call('POST', '/v1/checkouts', { body: order, headers: keyed('c-3') });
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
});

test.for<[string, object, number, string]>([
  ['an unknown plan', { plan: 'vc9-huge' }, 422, 'not-offered'],
  ['an unknown price', { plan: undefined, price: 'price_gone' }, 422, 'not-offered'],
  ['both a price and a plan', { price: 'price_vc21c1gb' }, 422, 'invalid-body'],
  ['neither a price nor a plan', { plan: undefined }, 422, 'invalid-body'],
  ['an address that is no web address', { successUrl: 'javascript:alert(1)' }, 422, 'invalid-body'],
])('A checkout with %s is refused', async ([name, changes, status, kind]) => {
  const body = { ...order, ...changes };
  const answer = await call('POST', '/v1/checkouts', { body, headers: keyed(`refused-${name.replaceAll(' ', '-')}`) });
  expect([answer.status, answer.body.type]).toEqual([status, `urn:ghostifi:problem:${kind}`]);
});

test('No checkout is opened while nothing is sold, or while Stripe is away', async () => {
  const ask = (key: string) => call('POST', '/v1/checkouts', { body: order, headers: keyed(key) });
  await its.api.store.changeSale({ open: false }, { requestedBy: 'key:boss', requestId: null, now: new Date() });
  expect(await ask('c-4')).toMatchObject({ status: 503, body: { type: 'urn:ghostifi:problem:sale-closed' } });
  await its.api.store.changeSale({ open: true }, { requestedBy: 'key:boss', requestId: null, now: new Date() });
  const soldOut = { id: 'sold-out:x', kind: 'sold-out', subject: 'x', message: '', raisedAt: new Date(), detail: null };
  its.api.surroundings.alerts.push(soldOut);
  expect((await ask('c-5')).body.type).toBe('urn:ghostifi:problem:sale-closed');
  its.api.surroundings.alerts.pop();
  its.stripe.mood = 'away';
  const away = await ask('c-6');
  expect(away).toMatchObject({ status: 503, body: { type: 'urn:ghostifi:problem:payments-unavailable' } });
  expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0);
  its.stripe.mood = 'well';
  expect((await ask('c-6')).status).toBe(201);
});

test('A portal is opened for the customer of a subscription', async () => {
  const id = scene.buy({ ghostifi_customer: 'gina' });
  await scene.settle();
  const body = { returnUrl: 'https://shop.test/account' };
  const opened = await call('POST', `/v1/subscriptions/${id}/portal`, { as: 'storefront', body });
  expect(opened).toMatchObject({ status: 201, body: { url: expect.stringContaining('/portal/bps_') } });
  const { events } = await its.api.store.readEvents({ type: 'portal.opened', limit: 5 });
  expect(events).toMatchObject([{ actor: 'key:shop', subscriptionId: id }]);
  expect((await call('POST', '/v1/subscriptions/sub_unseen/portal', { body })).status).toBe(404);
});

test('Without payments everything that needs Stripe gets 503, and the rest works', async () => {
  const { services } = its.api;
  const { payments } = services;
  Object.assign(services, { payments: null });
  const answers = [
    await call('POST', '/v1/checkouts', { body: order, headers: keyed('c-7') }),
    await call('POST', '/v1/subscriptions/sub_1/portal', { body: { returnUrl: 'https://shop.test' } }),
    await call('POST', '/v1/subscriptions/sub_1/sync'),
    await call('POST', '/v1/subscriptions/sub_1/release', { body: { plan: 'a', location: 'b' } }),
  ];
  expect(answers.map(({ body }) => body.type)).toEqual(Array(4).fill('urn:ghostifi:problem:payments-unavailable'));
  expect((await call('GET', '/v1/subscriptions')).status).toBe(200);
  Object.assign(services, { payments });
});
