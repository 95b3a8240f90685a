import { rmSync } from 'node:fs';
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
    memoryUsed: 0,
    cannotSave: false,
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

test('the share of its memory that Redis uses is reported', async () => {
  await connection.redis.config('SET', 'maxmemory', '1gb');
  expect((await live.queue())?.memoryUsed).toBeLessThan(0.5);
  await connection.redis.config('SET', 'maxmemory', '1');
  expect((await live.queue())?.memoryUsed).toBeGreaterThan(1);
  await expect(add('job-1')).rejects.toThrow(/OOM command not allowed/);
  await connection.redis.config('SET', 'maxmemory', '0');
});

test('a Redis that cannot write to its disk is reported, and refuses writes', async () => {
  const other = await startTestRedis();
  const broken = openQueue(other, quiet);
  await broken.queue.waitUntilReady();
  const looks = createLive(broken);
  await broken.redis.config('SET', 'save', '3600 1');
  await broken.redis.set('unsaved', '1');
  // Redis writes its snapshot into the folder in which it runs.
  rmSync(other.dataDir, { recursive: true });
  await broken.redis.bgsave();
  await vi.waitFor(async () => expect(await looks.queue()).toMatchObject({ cannotSave: true }), soon);
  await expect(broken.redis.set('unsaved', '2')).rejects.toThrow(/MISCONF/);
  await broken.close();
  await other.stop();
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
  expect(await live.job('job-1')).toEqual({ running: false, progress: null, attempts: 0, error: null });
  await job.updateProgress({ step: 'Ordering', percent: 20, furthest: 20, crashesBefore: 0 });
  await connection.redis.hset(connection.queue.toKey('job-1'), 'atm', 3, 'failedReason', '"Away."');
  expect(await live.job('job-1')).toMatchObject({ progress: { step: 'Ordering', percent: 20 }, attempts: 3 });
});

test('a job in its first run is running, in its first attempt; afterwards it waits for the second', async () => {
  const { promise: fails, resolve: fail } = Promise.withResolvers<void>();
  const process = async () => {
    await fails;
    throw new Error('No answer.');
  };
  await connection.queue.add(
    'create',
    { serverId: 'srv-1', requestId: null, publishedBy: 'release', redisLife: null },
    { jobId: 'job-1', attempts: 3, backoff: { type: 'fixed', delay: 60_000 } },
  );
  await add('job-2', 60_000);
  expect([await live.job('job-1'), await live.running()]).toMatchObject([{ running: false, attempts: 0 }, []]);
  const worker = new Worker(queueName, process, { connection: { url: redis.url } });
  await vi.waitFor(async () => expect(await live.job('job-1')).toMatchObject({ running: true, attempts: 1 }), soon);
  expect(await live.running()).toEqual(['job-1']);
  fail();
  const waits = { running: false, attempts: 1, error: 'No answer.' };
  await vi.waitFor(async () => expect(await live.job('job-1')).toMatchObject(waits), soon);
  expect(await live.running()).toEqual([]);
  await worker.close();
});

test('ids that are none are not read as running jobs', async () => {
  await connection.redis.lpush(connection.queue.toKey('active'), 'job-1', 'x\0y', "' or 1=1", 'A'.repeat(30));
  expect(await live.running()).toEqual(['job-1']);
});

test('a damaged job reads as null', async () => {
  await add('job-1');
  await connection.redis.hset(connection.queue.toKey('job-1'), 'data', '{"half":');
  expect(await live.job('job-1')).toBeNull();
});

test('reads return null within 300 ms while Redis hangs, and at once after the first', async () => {
  redis.pause();
  try {
    const begunAt = performance.now();
    expect(await Promise.all([live.queue(), live.job('job-1')])).toEqual([null, null]);
    expect(performance.now() - begunAt).toBeLessThan(600);
    const againAt = performance.now();
    expect(await Promise.all([live.running(), live.log('job-1')])).toEqual([null, null]);
    expect(performance.now() - againAt).toBeLessThan(50);
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
