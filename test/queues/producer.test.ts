import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { readRedisLife } from '#queues/bullmq/redis-life.ts';
import { createProducer, type Producer } from '#queues/producer.ts';
import { actor, order, plain, settle } from '../db/conformance/fixture.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';
import { useWorkplace } from './workplace.ts';

const place = useWorkplace();
let redis: TestRedis;
let connection: QueueConnection;
let publisher: Publisher;
beforeAll(async () => {
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  publisher = createPublisher(connection, () => place.clock.now);
  await connection.queue.waitUntilReady();
});
beforeEach(() => redis.flush());
afterAll(async () => {
  await connection.close();
  await redis.stop();
});

const soon = { timeout: 10_000, interval: 20 };
const producing = (changes: Partial<Publisher> = {}, log = quiet): Producer =>
  createProducer({ store: place.store, connection, publisher: { ...publisher, ...changes }, log });
const stateOf = (id: string) => connection.queue.getJobState(id);
const buy = async (producer: Producer, now = place.clock.now) => {
  const { recorded } = await producer.purchase(order({ now }), plain);
  return recorded ?? Promise.reject(new Error('The command returned an earlier answer.'));
};

test('a purchase is published as released', async () => {
  const { job } = await buy(producing());
  await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('waiting'), soon);
  expect((await connection.queue.getJob(job.id))?.data).toEqual({
    serverId: job.serverId,
    requestId: 'req-1',
    publishedBy: 'release',
    redisLife: await readRedisLife(connection.redis),
  });
});

test('a command that waits is written to the log of the job before it, and a destroy promotes that job', async () => {
  const producer = producing();
  const { server, job } = await buy(producer);
  await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('waiting'), soon);
  await connection.queue.remove(job.id);
  await connection.queue.add(
    'create',
    { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: job.id, delay: 60_000 },
  );

  const { recorded } = await producer.rebuild({ serverId: server.id, location: null }, actor(), plain);
  await vi.waitFor(async () => {
    const { logs } = await connection.queue.getJobLogs(job.id);
    expect(logs).toEqual([
      expect.stringMatching(new RegExp(`Z rebuild ${recorded?.job.id} waits behind this job\\.$`)),
    ]);
  }, soon);
  expect(await stateOf(job.id)).toBe('delayed');

  await producer.destroy(server.id, actor(), plain);
  await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('waiting'), soon);
  expect(await connection.queue.getJob(recorded?.job.id ?? '')).toBeUndefined();
});

test('a retry that is ordered twice does not count as published at its release', async () => {
  const publish = vi.fn(publisher.publish);
  const producer = producing({ publish });
  const { job } = await buy(producer);
  await settle(place.store, job.id, { end: 'failed', error: 'Sold out.', leftover: 'gone' });
  const [first, again] = [new Date(place.clock.now.getTime() + 1), new Date(place.clock.now.getTime() + 2)];
  await producer.retry(job.id, actor(first), plain);
  await producer.retry(job.id, actor(again), plain);
  await vi.waitFor(() => expect(publish).toHaveBeenCalledTimes(3), soon);
  expect(publish.mock.calls.map(([, by]) => by)).toEqual(['release', 'release', 'sweep']);
});

test('an answer from an earlier call publishes nothing', async () => {
  const publish = vi.fn(publisher.publish);
  const producer = producing({ publish });
  const idempotency = { token: 'shop', key: 'k-1', bodyHash: 'h' };
  for (let n = 0; n < 3; n += 1) await producer.purchase(order(), { ...plain, idempotency });
  expect(publish).toHaveBeenCalledOnce();
});

test('the purchase succeeds if its publishing fails, which is logged', async () => {
  const warn = vi.fn();
  const { job } = await buy(
    producing({ publish: () => Promise.reject(new Error('Redis is full.')) }, { ...quiet, warn }),
  );
  await vi.waitFor(() => expect(warn).toHaveBeenCalledOnce(), soon);
  expect(warn.mock.calls[0]?.[0]).toMatchObject({ jobId: job.id });
});

test('while Redis hangs, a purchase is answered at once', async () => {
  const producer = producing();
  redis.pause();
  try {
    const begunAt = performance.now();
    await buy(producer);
    expect(performance.now() - begunAt).toBeLessThan(1_000);
  } finally {
    redis.resume();
  }
});

test('a purchase during a reconnect is published after it, and not as published at its release', async () => {
  // A connection to a Redis that hangs does not become ready.
  redis.pause();
  const away = openQueue(redis, quiet);
  try {
    const producer = createProducer({
      store: place.store,
      connection: away,
      publisher: createPublisher(away, () => place.clock.now),
      log: quiet,
    });
    expect(away.redis.status).not.toBe('ready');
    const { job } = await buy(producer);
    redis.resume();
    await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('waiting'), soon);
    expect((await connection.queue.getJob(job.id))?.data.publishedBy).toBe('sweep');
  } finally {
    redis.resume();
    await away.close();
  }
});
