import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backUpSqlite } from '#db/backup.ts';
import { openDatabase } from '#db/open.ts';
import { readPaymentAlerts } from '#queues/alerts/payment-alerts.ts';
import { cancelNow, collect, recover, refuseCard, renew } from '#src/simulator/stripe/life.ts';
import type { Price, Subscription } from '#src/simulator/stripe/shapes.ts';
import { day, hour } from './facts.ts';
import { type PaymentsScene, paymentsScene, sceneOver, signal } from './scene.ts';

const offered = {
  locations: ['ewr', 'ams'].map((id) => ({ id, name: id, country: 'X', city: id })),
  plans: ['vc2-1c-1gb', 'vc2-1c-2gb', 'vc2-2c-4gb'].map((id) => ({ id, locations: ['ewr', 'ams'] })),
} as unknown as PaymentsScene['deps']['offered'];

const alerts = async ({ store, deps }: PaymentsScene) => readPaymentAlerts({ store, now: deps.now });
const hold = async ({ store }: PaymentsScene, id: string) => (await store.readSubscription(id))?.hold;
const actor = ({ deps }: PaymentsScene) => ({ requestedBy: 'key:desk', requestId: null, now: deps.now() }) as const;

/** Changes the subscription at Stripe as a person does in the dashboard. */
function edit({ stripe: { book }, at }: PaymentsScene, id: string, changes: Partial<Subscription>): void {
  book.emit('customer.subscription.updated', book.put({ ...at(id), ...changes }));
}

/** Another price of the same amount, with this metadata. */
function priced({ stripe: { book } }: PaymentsScene, plan: string | null): Price {
  const product = {
    ...book.must('product', 'prod_vc21c1gb'),
    id: `prod_${plan}`,
    metadata: plan === null ? {} : { ghostifi_plan: plan },
  };
  book.put(product);
  return book.put({ ...book.must('price', 'price_vc21c1gb'), id: `price_${plan}`, product: product.id });
}

function withPrice(scene: PaymentsScene, id: string, price: Price, quantity = 1): void {
  const { items } = scene.at(id);
  edit(scene, id, { items: { ...items, data: items.data.map((item) => ({ ...item, price, quantity })) } });
}

test('A plan that nobody sells holds the payment, and a release with a plan serves it', async () => {
  const scene = await paymentsScene();
  scene.deps.offered = offered;
  const id = scene.buy();
  withPrice(scene, id, priced(scene, 'vc9-huge'));
  await scene.settle();
  expect(await hold(scene, id)).toBe('unknown-plan');
  expect(await alerts(scene)).toMatchObject([{ id: `payment-held:${id}`, kind: 'payment-held' }]);
  expect(await scene.server(id)).toBe(null);
  await scene.store.releaseHold({ id, plan: 'vc2-1c-2gb', location: 'ams' }, actor(scene));
  await scene.settle();
  expect((await scene.store.readSubscriptionInFull(id))?.subscription).toMatchObject({
    hold: null,
    plan: 'vc2-1c-2gb',
  });
  expect((await scene.server(id))?.status).toBe('running');
  expect(await alerts(scene)).toEqual([]);
});

test.for<[string, Record<string, string>]>([
  ['the 500 characters of its metadata', { ghostifi_location: 'x'.repeat(500) }],
  ['a place that the provider does not have', { ghostifi_location: 'mars' }],
])('A location that is %s holds the payment', async ([, metadata]) => {
  const scene = await paymentsScene();
  scene.deps.offered = offered;
  const id = scene.buy(metadata);
  await scene.settle();
  expect(await hold(scene, id)).toBe('unknown-location');
  edit(scene, id, { metadata: { ...scene.at(id).metadata, ghostifi_location: 'ams' } });
  await scene.settle();
  expect([await hold(scene, id), (await scene.server(id))?.status]).toEqual([null, 'running']);
});

test('A subscription for two servers, or with two of our prices, is held', async () => {
  const scene = await paymentsScene();
  const [two, mixed] = [scene.buy(), scene.buy({ ghostifi_reference: 'other' })];
  withPrice(scene, two, scene.stripe.book.must('price', 'price_vc21c1gb'), 2);
  const { items } = scene.at(mixed);
  const more = Array.from({ length: 19 }, (_, at) => items.data.map((item) => ({ ...item, id: `si_${at}` }))).flat();
  edit(scene, mixed, { items: { ...items, data: [...items.data, ...more] } });
  await scene.settle();
  expect([await hold(scene, two), await hold(scene, mixed)]).toEqual(['quantity', 'quantity']);
});

test('A customer and a reference that fit no line are replaced; a payment is not lost by them', async () => {
  const scene = await paymentsScene();
  const id = scene.buy({ ghostifi_customer: 'x'.repeat(500), ghostifi_reference: 'two\nlines' });
  await scene.settle();
  const row = await scene.store.readSubscription(id);
  expect(row).toMatchObject({ customer: row?.stripeCustomer, reference: null });
  expect((await scene.server(id))?.status).toBe('running');
});

test.for(['MAX_SERVERS', 'the stopped sale'])(
  'While %s leaves no room, a payment is held at once, and served once there is',
  async (why) => {
    const scene = await paymentsScene();
    if (why === 'MAX_SERVERS') scene.deps.maxServers = 0;
    else await scene.store.changeSale({ open: false }, actor(scene));
    const id = scene.buy();
    await scene.settle();
    expect(await hold(scene, id)).toBe('sold-out');
    expect(await alerts(scene)).toMatchObject([{ kind: 'payment-held', subject: id }]);
    scene.pass(2 * 60_000);
    await scene.settle();
    expect(await hold(scene, id)).toBe('sold-out');
    if (why === 'MAX_SERVERS') scene.deps.maxServers = 1;
    else await scene.store.changeSale({ open: true }, actor(scene));
    // Nobody tells of a place that is free again.
    if (why === 'MAX_SERVERS') scene.pass(60_000);
    await scene.settle();
    expect([await hold(scene, id), (await scene.server(id))?.status]).toEqual([null, 'running']);
    expect(await alerts(scene)).toEqual([]);
  },
);

test('A subscription without our prices, of another installation or another mode is ignored, and stays unrecorded', async () => {
  const scene = await paymentsScene();
  const ids = [scene.buy(), scene.buy({ ghostifi_installation: 'other' }), scene.buy()];
  const [foreign = '', , live = ''] = ids;
  withPrice(scene, foreign, priced(scene, null));
  edit(scene, live, { livemode: true });
  await scene.settle();
  expect(await scene.store.readSubscriptions({ limit: 10 })).toEqual([]);
  const reasons = new Set<string | null | undefined>();
  for (const { id } of scene.stripe.book.all('event')) reasons.add((await scene.store.readNotice(id))?.reason);
  expect([...reasons].toSorted()).toEqual(['not-ours', 'other-installation', 'other-mode']);
});

test('An object that belongs to no subscription, and one that is gone, are ignored', async () => {
  const scene = await paymentsScene();
  const at = scene.deps.now();
  const shared = { form: 'snapshot', type: 'charge.refunded', livemode: false, createdAt: at } as const;
  const notices = ['cus_1', 'ch_gone', 'sub_gone', null].map((objectId, n) => ({
    ...shared,
    id: `evt_${n}`,
    objectId,
  }));
  await scene.store.recordNotices(notices, at);
  await scene.look();
  const ended = await Promise.all(notices.map(async ({ id }) => (await scene.store.readNotice(id))?.reason));
  expect(ended).toEqual(['not-ours', 'not-ours', 'absent', 'not-ours']);
});

test('A second subscription of the same customer and reference is served, with one alert until one of them ends', async () => {
  const scene = await paymentsScene();
  const order = { ghostifi_customer: 'alice', ghostifi_reference: 'order-1' };
  const [first, second, other] = [
    scene.buy(order),
    scene.buy(order),
    scene.buy({ ...order, ghostifi_reference: 'order-2' }),
  ];
  await scene.settle();
  for (const id of [first, second, other]) expect((await scene.server(id))?.status).toBe('running');
  const raised = (await alerts(scene)).filter(({ kind }) => kind === 'double-subscription');
  expect(raised.map(({ subject }) => subject)).toEqual([[first, second].toSorted().join('+')]);
  cancelNow(scene.stripe.book, scene.at(second));
  await scene.settle();
  expect((await alerts(scene)).filter(({ kind }) => kind === 'double-subscription')).toEqual([]);
});

test('A server that a person destroys is not bought again; the answer and an alert say that its customer pays on', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  const first = (await scene.server(id))?.id ?? '';
  const { recorded } = await scene.store.recordDestroy(first, actor(scene), { idempotency: null, answer: () => null });
  expect(recorded?.billedBy).toBe(id);
  expect(await alerts(scene)).toMatchObject([{ kind: 'paying-for-nothing', subject: id }]);
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await scene.server(id)).toEqual({ id: first, status: 'destroyed' });
  expect(await alerts(scene)).toMatchObject([{ kind: 'paying-for-nothing' }]);
  await scene.store.releaseHold({ id, plan: 'vc2-1c-1gb', location: 'ams' }, actor(scene));
  await scene.settle();
  expect((await scene.server(id))?.id).not.toBe(first);
  expect((await scene.server(id))?.status).toBe('running');
  expect(await alerts(scene)).toEqual([]);
});

test('A server that a person suspends while its customer pays raises an alert until it is resumed', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  const { id: serverId = '' } = (await scene.server(id)) ?? {};
  await scene.store.recordSuspend({ serverId, reason: 'abuse' }, actor(scene), {
    idempotency: null,
    answer: () => null,
  });
  await scene.settle();
  const raised = { kind: 'suspended-while-paying', subject: serverId, detail: { serverId } };
  expect(await alerts(scene)).toMatchObject([raised]);
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await alerts(scene)).toMatchObject([raised]);
  await scene.store.recordResume({ serverId }, actor(scene), { idempotency: null, answer: () => null });
  await scene.settle();
  expect([await scene.server(id), await alerts(scene)]).toEqual([{ id: serverId, status: 'running' }, []]);
});

test('A server of an ended subscription, or without one, is destroyed without a warning', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  const { id: serverId = '' } = (await scene.server(id)) ?? {};
  cancelNow(scene.stripe.book, scene.at(id));
  await scene.settle();
  const { recorded } = await scene.store.recordDestroy(serverId, actor(scene), {
    idempotency: null,
    answer: () => null,
  });
  expect(recorded?.billedBy ?? null).toBe(null);
  expect(await alerts(scene)).toEqual([]);
});

test('A rebuild to the paid plan that fails is an alert until a retry succeeds', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  withPrice(scene, id, scene.stripe.book.must('price', 'price_vc21c2gb'));
  await scene.hear();
  await scene.look();
  const { id: serverId = '' } = (await scene.server(id)) ?? {};
  const [job] = (await scene.store.readServer(serverId))?.openJobs ?? [];
  const failure = { end: 'failed', error: 'No room.', leftover: 'gone' } as const;
  await scene.store.settle({
    jobId: job?.id ?? '',
    outcome: failure,
    attempts: 10,
    graceSeconds: 0,
    now: scene.deps.now(),
  });
  scene.pass(66 * 60_000);
  await scene.settle();
  expect(await alerts(scene)).toMatchObject([{ kind: 'payment-held', detail: { hold: 'plan-unchanged' } }]);
  await scene.store.recordRetry(job?.id ?? '', actor(scene), { idempotency: null, answer: () => null });
  await scene.work();
  await scene.store.requestLook(id, actor(scene));
  await scene.settle();
  expect([await hold(scene, id), await alerts(scene)]).toEqual([null, []]);
});

test('A server of the API that is written into the metadata is taken on instead of buying another', async () => {
  const scene = await paymentsScene();
  const { terms, now } = scene.deps;
  const order = { ...terms, customer: 'old', location: 'ewr', plan: 'vc2-1c-1gb', reference: null };
  const asked = { requestedBy: 'key:shop', requestId: null, now: now() } as const;
  const { recorded } = await scene.store.recordPurchase(
    { ...order, ...asked },
    { idempotency: null, answer: () => null },
  );
  await scene.work();
  const id = scene.buy({ ghostifi_server: recorded?.server.id ?? '' });
  await scene.settle();
  expect(await scene.server(id)).toEqual({ id: recorded?.server.id, status: 'running' });
  expect(await scene.store.readServers({ limit: 10 })).toHaveLength(1);
});

test('Stripe away for two days over both limits: nothing is suspended or destroyed, and all is right when it is back', async () => {
  const scene = await paymentsScene();
  const [late, over] = [scene.buy({ ghostifi_reference: 'a' }), scene.buy({ ghostifi_reference: 'b' })];
  await scene.settle();
  const fails = (id: string) => {
    refuseCard(scene.stripe.book, scene.at(id));
    renew(scene.stripe.book, scene.at(id));
    collect(scene.stripe.book, scene.at(id));
  };
  fails(over);
  await scene.settle();
  scene.pass(7 * day);
  fails(late);
  await scene.settle();
  scene.pass(6 * day);
  await scene.settle();
  expect([(await scene.server(late))?.status, (await scene.server(over))?.status]).toEqual(['running', 'suspended']);
  scene.stripe.mood = 'away';
  const jobs = scene.published.length;
  scene.pass(2 * day);
  for (let hours = 0; hours < 48; hours++) {
    const now = scene.deps.now();
    const { ids } = await scene.store.readDueLooks({ now, releasedBefore: now, after: '', limit: 100 });
    for (const id of ids) expect(await scene.perform(id)).toMatchObject({ kind: 'delayed' });
    await expect(scene.reconcile.runOnce(signal)).rejects.toMatchObject({ fault: 'unavailable' });
    scene.stripe.clock.advance(hour);
  }
  expect(scene.published).toHaveLength(jobs);
  expect([(await scene.server(late))?.status, (await scene.server(over))?.status]).toEqual(['running', 'suspended']);
  scene.stripe.mood = 'well';
  await scene.settle();
  expect([(await scene.server(late))?.status, (await scene.server(over))?.status]).toEqual(['suspended', undefined]);
  recover(scene.stripe.book, scene.at(late));
  await scene.settle();
  expect((await scene.server(late))?.status).toBe('running');
});

test('A key that Stripe refuses delays every look, and a key of another account holds them; no server is touched', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  await scene.settle();
  await scene.store.requestLook(id, actor(scene));
  scene.stripe.mood = 'refuses';
  expect(await scene.perform(id)).toMatchObject({ kind: 'delayed' });
  expect(scene.gate.refusals()).toMatchObject([{ subject: 'subscription' }]);
  const other = await paymentsScene();
  const stranger = sceneOver(scene.database, other.stripe);
  await stranger.store.requestLook(id, actor(stranger));
  await stranger.look();
  expect([await hold(scene, id), (await scene.server(id))?.status]).toEqual(['absent', 'running']);
});

test('After a restore of an older database, a marked subscription is held instead of getting a second machine', async () => {
  const scene = await paymentsScene();
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-restored-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const early = scene.buy({ ghostifi_reference: 'early' }, 'later');
  await scene.settle();
  await backUpSqlite(scene.file, join(folder, 'yesterday.db'));
  recover(scene.stripe.book, scene.at(early));
  const late = scene.buy({ ghostifi_reference: 'late' });
  await scene.settle();
  const database = await openDatabase(`file:${join(folder, 'yesterday.db')}`);
  onTestFinished(() => database.close());
  const restored = sceneOver(database, scene.stripe);
  await restored.reconcile.runOnce(signal);
  for (let looks = 0; looks < 2; looks++) {
    await restored.settle();
    expect([await hold(restored, early), await hold(restored, late)]).toEqual(['has-server', 'has-server']);
    expect(await restored.store.readServers({ limit: 10 })).toEqual([]);
    for (const id of [early, late]) await restored.store.requestLook(id, actor(restored));
  }
  await restored.store.releaseHold({ id: late, plan: 'vc2-1c-1gb', location: 'ewr' }, actor(restored));
  await restored.settle();
  expect((await restored.server(late))?.status).toBe('running');
});
