import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newId } from '#db/ids.ts';
import { newsTypes } from '#db/news.ts';
import { newWebhookSecret } from '../secrets-key.ts';
import { type Receiver, startReceiver, verified } from '../webhook-receiver.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, soon } from './eventually.ts';
import { transactionsOf } from './transactions-of.ts';

let world: World;
const receivers: Receiver[] = [];
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

const allowed = { WEBHOOK_PRIVATE_ADDRESSES: 'allow' };

/** A receiver, and the endpoint that leads to it. */
async function hook(types: readonly (typeof newsTypes)[number][] = newsTypes) {
  const receiver = await startReceiver();
  receivers.push(receiver);
  const id = newId('hook', new Date());
  const { secret, secretSealed } = newWebhookSecret(id);
  const actor = { requestedBy: 'key:test', requestId: null, now: new Date() } as const;
  await world.store.addEndpoint({ id, url: receiver.url, types: [...types], secretSealed }, actor);
  return { id, secret, receiver };
}

const typesOf = ({ secret, receiver }: Awaited<ReturnType<typeof hook>>) =>
  receiver.received.map((one) => verified(secret, one)).map(({ type }) => type);

test('the life of a server arrives as news that verifies, each in one transaction of the worker', {
  timeout: 90_000,
}, async () => {
  const shop = await hook();
  const worker = await world.startWorker({ ...allowed, LOG_LEVEL: 'trace' });
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  await world.destroy(server.id);
  const expected = ['server.destroy_requested', 'server.destroyed', 'server.purchased', 'server.ready'];
  await vi.waitFor(() => expect(typesOf(shop).sort()).toEqual(expected), soon);
  const ids = (await world.store.readDeliveries({ endpointId: shop.id, limit: 10 })).map(({ id }) => id);
  const closing = (id: string) =>
    transactionsOf(worker).filter((statements) =>
      statements.some((statement) => /^update "?deliveries/i.test(statement) && statement.includes(id)),
    );
  for (const id of ids) await vi.waitFor(() => expect(closing(id)).toHaveLength(1), soon);
  expect(worker.lines.filter(({ event }) => event === 'news-sweep-failed')).toEqual([]);
});

test('at most two calls run at a time, from all workers together, and a slow endpoint delays no other', {
  timeout: 90_000,
}, async () => {
  const [slow, quick] = [await hook(['server.purchased']), await hook(['server.purchased'])];
  slow.receiver.answer = () => ({ status: 204, delayMs: 3_000 });
  await Promise.all([world.startWorker(allowed), world.startWorker(allowed)]);
  await Promise.all(Array.from({ length: 20 }, () => world.buy()));
  const began = performance.now();
  await vi.waitFor(() => expect(quick.receiver.accepted()).toHaveLength(20), soon);
  expect(slow.receiver.accepted().length, 'the slow one is still busy').toBeLessThan(20);
  const calls = [...slow.receiver.received, ...quick.receiver.received];
  expect(Math.max(...calls.map(({ atOnce }) => atOnce))).toBe(2);
  // The sweep finds them within a second, and each of the others follows the one before.
  expect(Math.max(...quick.receiver.received.map(({ receivedAt }) => receivedAt)) - began).toBeLessThan(10_000);
  expect(quick.receiver.received).toHaveLength(20);
});

const actor = () => ({ requestedBy: 'key:test', requestId: null, now: new Date() }) as const;

/** Of some messages, one after the other, the longest time from its event until it came. */
async function longestDelayMs({ id, receiver }: Awaited<ReturnType<typeof hook>>): Promise<number> {
  const delays: number[] = [];
  while (delays.length < 5) {
    const began = performance.now();
    const eventId = await world.store.testEndpoint(id, actor());
    const call = await vi.waitFor(() => {
      const found = receiver.received.find(({ headers }) => headers['webhook-id'] === `msg_${eventId}`);
      return found ?? expect.fail(`${eventId} has not come.`);
    }, soon);
    delays.push(call.receivedAt - began);
  }
  return Math.max(...delays);
}

test('a hundred messages for an endpoint that answers after ten seconds delay another by less than a second', {
  timeout: 120_000,
}, async () => {
  const [slow, quick] = [await hook(), await hook()];
  slow.receiver.answer = () => ({ status: 204, delayMs: 10_000 });
  await world.startWorker(allowed);
  const usual = await longestDelayMs(quick);
  for (let n = 0; n < 100; n += 1) await world.store.testEndpoint(slow.id, actor());
  await vi.waitFor(() => expect(slow.receiver.received.length).toBeGreaterThan(1), soon);
  expect((await longestDelayMs(quick)) - usual).toBeLessThan(1_000);
  const waiting = await world.store.readDeliveries({ endpointId: slow.id, limit: 200 });
  expect(waiting.filter(({ state }) => state === 'waiting').length, 'the slow one is still busy').toBeGreaterThan(50);
});

test('FLUSHALL loses no news', { timeout: 90_000 }, async () => {
  const shop = await hook(['server.purchased']);
  shop.receiver.answer = () => ({ status: 204, delayMs: 50 });
  await world.startWorker(allowed);
  for (let n = 0; n < 20; n += 1) {
    await world.buy();
    if (n % 4 === 0) await world.redis.flush();
  }
  await vi.waitFor(() => expect(shop.receiver.accepted()).toHaveLength(20), soon);
});

test('without leave a worker sends nothing to an address of this host', { timeout: 60_000 }, async () => {
  const shop = await hook(['server.purchased']);
  await world.startWorker();
  await world.buy();
  await vi.waitFor(async () => {
    const [delivery] = await world.store.readDeliveries({ endpointId: shop.id, limit: 1 });
    expect(delivery).toMatchObject({ attempts: 1, lastStatus: null, lastError: expect.stringMatching(/https/) });
  }, soon);
  expect(shop.receiver.received).toEqual([]);
});
