import { Worker } from 'bullmq';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openQueue, type QueueConnection, queueName } from '#queues/bullmq/connection.ts';
import { createLive, type Live } from '#queues/bullmq/live.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
let live: Live;
beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
  connection = openQueue(redis, quiet);
  live = createLive(connection);
  await connection.queue.waitUntilReady();
});
beforeEach(() => redis.flush());
afterAll(async () => {
  await connection.close();
  await redis.stop();
});

const soon = { timeout: 10_000, interval: 20 };
const add = (jobId: string, delay = 0) =>
  connection.queue.add(
    'create',
    { serverId: 'srv-1', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId, delay },
  );

test('the queue counts waiting and delayed jobs, and the workers', async () => {
  await add('job-1');
  await add('job-2');
  await add('job-3', 60_000);
  expect(await live.queue()).toEqual({
    paused: false,
    workers: 0,
    evictionPolicy: 'noeviction',
    appendOnly: true,
    isFull: false,
    isReadOnly: false,
    isCluster: false,
    forbidden: [],
    error: null,
    counts: { waiting: 2, active: 0, delayed: 1, failed: 0, completed: 0 },
  });
  const worker = new Worker(queueName, null, { connection: { url: redis.url }, name: 'here' });
  await vi.waitFor(async () => expect((await live.queue())?.workers).toBe(1), soon);
  await worker.close();
});

test('jobs of a paused queue wait', async () => {
  await connection.queue.pause();
  await add('job-1');
  expect(await live.queue()).toMatchObject({ paused: true, counts: { waiting: 1 } });
});

test('a Redis that evicts keys or writes no file is reported', async () => {
  await connection.redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await connection.redis.config('SET', 'appendonly', 'no');
  expect(await live.queue()).toMatchObject({ evictionPolicy: 'allkeys-lru', appendOnly: false });
  await connection.redis.config('SET', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes');
});

test('a Redis that has no memory left is reported', async () => {
  await connection.redis.config('SET', 'maxmemory', '1gb');
  expect(await live.queue()).toMatchObject({ isFull: false });
  await connection.redis.config('SET', 'maxmemory', '1');
  expect(await live.queue()).toMatchObject({ isFull: true });
  await connection.redis.config('SET', 'maxmemory', '0');
});

test('a Redis that is a replica is reported', async () => {
  await connection.redis.replicaof('127.0.0.1', 1);
  expect(await live.queue()).toMatchObject({ isReadOnly: true });
  await connection.redis.replicaof('NO', 'ONE');
});

test('a key of another type is an error of Redis, and the rest is read', async () => {
  await connection.redis.set(connection.queue.toKey('wait'), 'x');
  expect(await live.queue()).toMatchObject({
    counts: null,
    error: expect.stringContaining('WRONGTYPE'),
    forbidden: [],
    evictionPolicy: 'noeviction',
    workers: 0,
  });
});

test('a job is shown with its progress, its attempts and its last error', async () => {
  expect(await live.job('job-1')).toBeNull();
  const job = await add('job-1');
  expect(await live.job('job-1')).toEqual({ progress: null, attempts: 0, error: null });
  await job.updateProgress({ step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 0 });
  await connection.redis.hset(connection.queue.toKey('job-1'), 'atm', 3, 'failedReason', '"Away."');
  expect(await live.job('job-1')).toMatchObject({ progress: { step: 'Ordering', percent: 20 }, attempts: 3 });
});

test('a damaged job reads as null', async () => {
  await add('job-1');
  await connection.redis.hset(connection.queue.toKey('job-1'), 'data', '{"half":');
  expect(await live.job('job-1')).toBeNull();
});

test('every read returns null within 300 ms while Redis hangs', async () => {
  redis.pause();
  try {
    const begunAt = performance.now();
    expect(await Promise.all([live.queue(), live.job('job-1')])).toEqual([null, null]);
    expect(performance.now() - begunAt).toBeLessThan(600);
  } finally {
    redis.resume();
  }
  await vi.waitFor(async () => expect(await live.queue()).not.toBeNull(), soon);
});

test('a wrong password is the reason why Redis cannot be reached', async () => {
  const wrong = openQueue({ url: redis.url.replace('redis://', 'redis://me:wrong@') }, quiet);
  const other = createLive(wrong);
  await vi.waitFor(() => expect(other.fault()).toContain('WRONGPASS'), soon);
  expect(await other.queue()).toBeNull();
  expect(live.fault()).toBeNull();
  await wrong.close();
});

test('every read returns null at once while Redis is down, and works again after it', async () => {
  await redis.kill9();
  await vi.waitFor(() => expect(connection.redis.status).not.toBe('ready'), soon);
  const begunAt = performance.now();
  expect(await live.queue()).toBeNull();
  expect(performance.now() - begunAt).toBeLessThan(50);
  await redis.restart();
  await vi.waitFor(async () => expect(await live.queue()).not.toBeNull(), soon);
});
