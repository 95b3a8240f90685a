import { expect, test } from 'vitest';
import {
  cancelAt,
  cancelNow,
  changePrice,
  collect,
  pause,
  recover,
  refuseCard,
  renew,
} from '#src/simulator/stripe/life.ts';
import { decideDispute, dispute, refund } from '#src/simulator/stripe/returns.ts';
import { day, hour } from './facts.ts';
import { type PaymentsScene, paymentsScene } from './scene.ts';

const whole = { amount: null, metadata: {}, status: 'succeeded' } as const;

/** A customer who has paid, with a running server. */
async function customer(metadata: Record<string, string> = {}): Promise<{ scene: PaymentsScene; id: string }> {
  const scene = await paymentsScene();
  const id = scene.buy({ ghostifi_customer: 'alice', ...metadata });
  await scene.settle();
  return { scene, id };
}

/** The next renewal is not paid. */
function fail({ stripe: { book }, at }: PaymentsScene, id: string): void {
  refuseCard(book, at(id));
  renew(book, at(id));
  collect(book, at(id));
}

const standing = async ({ store }: PaymentsScene, id: string) => {
  const row = await store.readSubscription(id);
  return row && `${row.standing}/${row.reason}`;
};
const status = async (scene: PaymentsScene, id: string) => (await scene.server(id))?.status;
const typesOf = async ({ store }: PaymentsScene, id: string) =>
  (await store.readEvents({ limit: 200 })).events
    .filter(({ subscriptionId }) => subscriptionId === id)
    .map(({ type }) => type)
    .reverse();

const states = async (scene: PaymentsScene, id: string) => [await standing(scene, id), await status(scene, id)];

/** Somebody asks for a look a second before the end of the keep, which changes nothing; the next comes at the end. */
async function lookAroundEnd(scene: PaymentsScene, id: string, endMs: number): Promise<void> {
  const before = await states(scene, id);
  scene.pass(endMs - 1_000 - scene.stripe.clock.now());
  const now = new Date(scene.stripe.clock.now());
  await scene.store.requestLook(id, { requestedBy: 'key:test', requestId: null, now });
  await scene.settle();
  expect([await states(scene, id), before[1]]).toEqual([before, 'suspended']);
  scene.pass(endMs - scene.stripe.clock.now());
  await scene.settle();
}

test('A paid subscription buys one server, which is marked at Stripe', async () => {
  const { scene, id } = await customer({ ghostifi_location: 'ams', ghostifi_reference: 'order-1' });
  const server = await scene.server(id);
  expect(server).toMatchObject({ status: 'running' });
  expect(scene.at(id).metadata).toMatchObject({ ghostifi_server: server?.id, ghostifi_installation: 'test' });
  const row = await scene.store.readSubscription(id);
  expect(row).toMatchObject({
    customer: 'alice',
    reference: 'order-1',
    standing: 'good',
    reason: 'paid',
    plan: 'vc2-1c-1gb',
    location: 'ams',
    hold: null,
    changesAt: null,
    markedServer: server?.id,
  });
  const [found] = await scene.store.readServers({ customer: 'alice', limit: 10 });
  expect(found?.server).toMatchObject({ id: server?.id, location: 'ams', plan: 'vc2-1c-1gb', reference: 'order-1' });
});

test('The chain of causes leads from the server to the notice of Stripe', async () => {
  const { scene, id } = await customer();
  const { events } = await scene.store.readEvents({ limit: 100 });
  const ready = events.find(({ type }) => type === 'server.ready');
  const chain = await scene.store.readEventWithCauses(ready?.uid ?? '');
  expect(chain?.causes.map(({ type }) => type)).toEqual(['server.purchased', 'subscription.good', 'notice.received']);
  expect(chain?.causes.at(-1)?.actor).toBe('stripe');
  expect(await typesOf(scene, id)).toEqual(
    expect.arrayContaining(['subscription.good', 'payment.received', 'server.purchased']),
  );
  expect(JSON.stringify(events)).not.toContain('alice');
});

test.for<['later' | 'bank']>([['later'], ['bank']])(
  'A payment that is awaited (%s) buys nothing until it comes',
  async ([how]) => {
    const scene = await paymentsScene();
    const id = scene.buy({}, how);
    await scene.settle();
    expect(await standing(scene, id)).toBe('unpaid/awaiting-payment');
    expect(await scene.server(id)).toBe(null);
    recover(scene.stripe.book, scene.at(id));
    await scene.settle();
    expect(await status(scene, id)).toBe('running');
  },
);

test('A customer who does not pay is served for the grace, then suspended with keys and name, then destroyed', async () => {
  const { scene, id } = await customer();
  const server = await scene.server(id);
  const before = await scene.store.readServerWithKeys(server?.id ?? '');
  fail(scene, id);
  const now = scene.stripe.clock.now();
  const due = now - (now % 1_000);
  await scene.settle();
  expect(await standing(scene, id)).toBe('overdue/past-due');
  scene.pass(due + 7 * day - 1_000 - scene.stripe.clock.now());
  await scene.settle();
  expect(await status(scene, id)).toBe('running');
  scene.pass(1_000);
  await scene.settle();
  expect(await states(scene, id)).toEqual(['held/past-due', 'suspended']);
  const suspended = await scene.store.readServerWithKeys(server?.id ?? '');
  expect(suspended?.sealedKeys).toBe(before?.sealedKeys);
  expect(suspended?.server).toMatchObject({ hostname: before?.server.hostname, heldReason: 'past-due' });
  expect(suspended?.machine).toBe(null);
  await lookAroundEnd(scene, id, due + 14 * day);
  expect(await states(scene, id)).toEqual(['over/past-due', undefined]);
  expect((await scene.store.readServer(server?.id ?? ''))?.server.status).toBe('destroyed');
});

test('A customer who pays while suspended gets the same server back, with the same keys', async () => {
  const { scene, id } = await customer();
  const server = await scene.server(id);
  const before = await scene.store.readServerWithKeys(server?.id ?? '');
  fail(scene, id);
  await scene.settle();
  scene.pass(7 * day);
  await scene.settle();
  expect(await status(scene, id)).toBe('suspended');
  recover(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await scene.server(id)).toEqual({ id: server?.id, status: 'running' });
  const after = await scene.store.readServerWithKeys(server?.id ?? '');
  expect(after?.sealedKeys).toBe(before?.sealedKeys);
  expect(after?.server.hostname).toBe(before?.server.hostname);
});

test('A customer who pays after the end gets a new server under the same subscription', async () => {
  const { scene, id } = await customer();
  const first = await scene.server(id);
  fail(scene, id);
  await scene.settle();
  scene.pass(14 * day);
  await scene.settle();
  expect(await scene.server(id)).toBe(null);
  recover(scene.stripe.book, scene.at(id));
  await scene.settle();
  const second = await scene.server(id);
  expect(second?.status).toBe('running');
  expect(second?.id).not.toBe(first?.id);
  expect(scene.at(id).metadata.ghostifi_server).toBe(second?.id);
});

test('A cancellation at the end of the period serves until then, and its undo for good', async () => {
  const { scene, id } = await customer();
  const end = scene.at(id).items.data[0]?.current_period_end ?? 0;
  cancelAt(scene.stripe.book, scene.at(id), end);
  await scene.settle();
  const row = await scene.store.readSubscription(id);
  expect(row).toMatchObject({ standing: 'good', reason: 'ending', endsAt: new Date(end * 1_000) });
  cancelAt(scene.stripe.book, scene.at(id), null);
  await scene.settle();
  expect(await scene.store.readSubscription(id)).toMatchObject({ reason: 'paid', endsAt: null, changesAt: null });
  cancelAt(scene.stripe.book, scene.at(id), end);
  await scene.settle();
  scene.pass(end * 1_000 - scene.stripe.clock.now());
  await scene.settle();
  expect(await states(scene, id)).toEqual(['held/canceled', 'suspended']);
  expect(await typesOf(scene, id)).toContain('subscription.ending');
});

test('A cancelled subscription is suspended at once, and destroyed after its keep', async () => {
  const { scene, id } = await customer();
  cancelNow(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await status(scene, id)).toBe('suspended');
  await lookAroundEnd(scene, id, (scene.at(id).ended_at ?? 0) * 1_000 + 48 * hour);
  expect(await states(scene, id)).toEqual(['over/canceled', undefined]);
});

test('A whole refund suspends and then destroys; its money is in the payment', async () => {
  const { scene, id } = await customer();
  refund(scene.stripe.book, scene.at(id), whole);
  await scene.settle();
  expect(await states(scene, id)).toEqual(['held/refunded', 'suspended']);
  const { payments, subscription } = (await scene.store.readSubscriptionInFull(id)) ?? {
    payments: [],
    subscription: null,
  };
  expect(payments).toMatchObject([{ amount: 900, refunded: 900, disputed: 0, currency: 'USD' }]);
  expect(subscription?.refundedAt).toBeInstanceOf(Date);
  expect(await typesOf(scene, id)).toContain('payment.refunded');
  await lookAroundEnd(scene, id, (subscription?.refundedAt?.getTime() ?? 0) + 24 * hour);
  expect(await states(scene, id)).toEqual(['over/refunded', undefined]);
});

test.for<[string, Partial<typeof whole> | object, number]>([
  ['part of it', { amount: 100 }, 100],
  ['that failed', { status: 'failed' }, 0],
  ['that keeps the server', { metadata: { ghostifi: 'keep' } }, 900],
])('A refund %s leaves the server running', async ([, changes, refunded]) => {
  const { scene, id } = await customer();
  refund(scene.stripe.book, scene.at(id), { ...whole, ...changes });
  await scene.settle();
  expect(await states(scene, id)).toEqual(['good/paid', 'running']);
  expect((await scene.store.readSubscriptionInFull(id))?.payments).toMatchObject([{ refunded }]);
});

test('A dispute suspends; won it resumes, lost it destroys', async () => {
  for (const decision of ['won', 'lost'] as const) {
    const { scene, id } = await customer();
    dispute(scene.stripe.book, scene.at(id));
    await scene.settle();
    expect(await states(scene, id)).toEqual(['held/disputed', 'suspended']);
    decideDispute(scene.stripe.book, scene.at(id), decision);
    await scene.settle();
    expect(await status(scene, id)).toBe(decision === 'won' ? 'running' : undefined);
    expect(await typesOf(scene, id)).toContain('payment.disputed');
    const disputed = decision === 'won' ? 0 : 900;
    expect((await scene.store.readSubscriptionInFull(id))?.payments).toMatchObject([{ disputed }]);
  }
});

test('A dispute of a part of the payment counts as that part', async () => {
  const { scene, id } = await customer();
  const { book } = scene.stripe;
  dispute(book, scene.at(id));
  for (const one of book.all('dispute')) book.put({ ...one, amount: 300 });
  await scene.settle();
  expect((await scene.store.readSubscriptionInFull(id))?.payments).toMatchObject([{ amount: 900, disputed: 300 }]);
  for (const one of book.all('dispute')) book.put({ ...one, amount: 270, currency: 'eur' });
  renew(book, scene.at(id));
  await scene.settle();
  expect((await scene.store.readSubscriptionInFull(id))?.payments.at(-1)).toMatchObject({ disputed: 900 });
});

test('A paused subscription is suspended until it is resumed', async () => {
  const { scene, id } = await customer();
  pause(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await status(scene, id)).toBe('suspended');
  recover(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await status(scene, id)).toBe('running');
});

test('Another price rebuilds the server with its plan; while suspended the plan comes with the resume', async () => {
  const { scene, id } = await customer();
  changePrice(scene.stripe.book, scene.at(id), 'price_vc21c2gb');
  await scene.settle();
  const server = (await scene.server(id))?.id ?? '';
  expect((await scene.store.readServer(server))?.server).toMatchObject({ plan: 'vc2-1c-2gb', generation: 2 });
  pause(scene.stripe.book, scene.at(id));
  changePrice(scene.stripe.book, scene.at(id), 'price_vc22c4gb');
  await scene.settle();
  expect(await status(scene, id)).toBe('suspended');
  recover(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect((await scene.store.readServer(server))?.server).toMatchObject({ plan: 'vc2-2c-4gb', status: 'running' });
  expect(await scene.store.readSubscription(id)).toMatchObject({ plan: 'vc2-2c-4gb', hold: null });
});

test('What a person has suspended is not resumed by a payment', async () => {
  const { scene, id } = await customer();
  const serverId = (await scene.server(id))?.id ?? '';
  const actor = { requestedBy: 'key:desk', requestId: null, now: scene.deps.now() } as const;
  const plain = { idempotency: null, answer: () => null };
  await scene.store.recordSuspend({ serverId, reason: 'abuse' }, actor, plain);
  await scene.settle();
  renew(scene.stripe.book, scene.at(id));
  collect(scene.stripe.book, scene.at(id));
  await scene.settle();
  expect(await states(scene, id)).toEqual(['good/paid', 'suspended']);
});

test('A look makes at most six calls of Stripe, and none with a transaction open', async () => {
  const { scene, id } = await customer();
  dispute(scene.stripe.book, scene.at(id));
  const [notice = ''] = (await scene.hear()).slice(-1);
  scene.stripe.calls.splice(0);
  await scene.perform(notice);
  expect(scene.stripe.calls.length).toBeGreaterThanOrEqual(3);
  expect(scene.stripe.calls.length).toBeLessThanOrEqual(8);
});

test('Each notice that came before a look is done with it, and its own job has no effect then', async () => {
  const scene = await paymentsScene();
  const id = scene.buy();
  const heard = await scene.hear();
  const notices = await Promise.all(heard.map((notice) => scene.store.readNotice(notice)));
  const ofSubscription = notices.flatMap((notice) => (notice?.subscriptionId === id ? [notice.id] : []));
  expect(ofSubscription.length).toBeGreaterThanOrEqual(2);
  await scene.perform(ofSubscription.at(-1) ?? '');
  scene.stripe.calls.splice(0);
  for (const notice of ofSubscription) {
    expect(await scene.perform(notice)).toEqual({ kind: 'completed', result: 'No effect: it is done.' });
  }
  expect(scene.stripe.calls).toEqual([]);
});
