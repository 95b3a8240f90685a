import { UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { lastNewsSweepSetting, lastPaymentsSweepSetting, lastSweepSetting } from '#db/settings.ts';
import { createSweepRecord } from '#queues/alerts/failing-queue.ts';
import { openQueue, type QueueConnection, type QueueName, queueName, queueNames } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { createSweepQueue, type SweepQueue } from '#queues/bullmq/sweep-queue.ts';
import { createSweeper, type SweeperDeps } from '#queues/sweeper.ts';
import { rebuild, settle } from '../db/conformance/fixture.ts';
import { startTestRedis, type TestRedis } from '../redis.ts';
import { quiet } from '../world.ts';
import { useWorkplace } from './workplace.ts';

const place = useWorkplace();
let redis: TestRedis;
let connection: QueueConnection;
let publisher: Publisher;
let queue: SweepQueue;
beforeAll(async () => {
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  publisher = createPublisher(connection, () => new Date());
  queue = createSweepQueue(connection, () => new Date());
});
beforeEach(() => redis.flush());
afterAll(async () => {
  await connection.close();
  await redis.stop();
});

/** Sweeps 2 s after the release, when the releaser has had the time to publish its job. */
const sweeper = (changes: Partial<SweeperDeps> = {}) => {
  const now = () => new Date(place.deps.now().getTime() + 2_000);
  const record = createSweepRecord({ queue: queueName, store: place.store, now });
  return createSweeper({ store: place.store, publisher, queue, record, holder: 'me', now, log: quiet, ...changes });
};
const sweep = (changes: Partial<SweeperDeps> = {}) => sweeper(changes).runOnce();
const queued = () => connection.queue.getJobs(['wait', 'prioritized'], 0, -1, true);
const later = (ms: number) => ({ now: () => new Date(place.deps.now().getTime() + ms) });

test('a job that was just released is left to its releaser', async () => {
  const { job } = await place.bought();
  expect(await sweep(later(1_999))).toEqual([]);
  expect(await sweep(later(2_000))).toEqual([job.id]);
});

test('a job released by a host whose clock is ahead is published at once', async () => {
  const { job } = await place.bought();
  expect(await sweep(later(-7_200_000))).toEqual([job.id]);
});

test('released jobs that the queue lacks are published, oldest first, and a second sweep publishes none', async () => {
  const ids = [(await place.bought()).job.id, (await place.bought()).job.id, (await place.bought()).job.id].sort();
  expect(await sweep()).toEqual(ids);
  expect(await sweep()).toEqual([]);
  expect((await queued()).map(({ data }) => data.publishedBy)).toEqual(['sweep', 'sweep', 'sweep']);
});

test('jobs that wait, are closed, or are not due are not published', async () => {
  const { server } = await place.running();
  const { job: second } = await rebuild(place.store, server.id, { now: place.clock.now });
  await place.perform(second.id);
  const { server: other, job } = await place.bought();
  await rebuild(place.store, other.id);
  expect(await sweep()).toEqual([job.id]);
  place.later(301);
  expect(await sweep()).toEqual(place.published);
});

test('all lost jobs are published again', async () => {
  const { job } = await place.bought();
  await publisher.publish(job, 'release');
  expect(await sweep()).toEqual([]);
  await redis.flush();
  expect(await sweep()).toEqual([job.id]);
});

test.each(['absent', 'damaged'])('an %s job that is settled during the sweep is not published', async (how) => {
  const { job } = await place.bought();
  if (how === 'damaged') await connection.redis.lpush(connection.queue.toKey('wait'), job.id);
  const settling: SweepQueue = {
    ...queue,
    findLost: async (ids) => {
      await settle(place.store, job.id, { end: 'failed', error: 'No.', leftover: 'gone' });
      return queue.findLost(ids);
    },
  };
  expect(await sweep({ queue: settling })).toEqual([]);
  expect(await connection.queue.getJob(job.id)).toBeUndefined();
});

test.each(['absent', 'damaged'])(
  'an %s job is published only once the rows that the sweep has read are durable',
  async (how) => {
    const { job } = await place.bought();
    if (how === 'damaged') await connection.redis.lpush(connection.queue.toKey('wait'), job.id);
    const steps: string[] = [];
    const store = { ...place.store, flush: async () => void steps.push('flushed') };
    const watched: SweepQueue = {
      ...queue,
      findLost: (ids) => {
        steps.push('read');
        return queue.findLost(ids);
      },
      addAbsent: async (jobs) => void steps.push(...jobs.map(({ id }) => `published ${id}`)),
    };
    const publishing = { publish: async ({ id }: { id: string }) => void steps.push(`published ${id}`) };
    await sweep({ store, queue: watched, publisher: publishing });
    expect(steps).toEqual(['read', 'flushed', `published ${job.id}`]);
  },
);

test('a job that cannot be published does not hold back the others', async () => {
  const ids = [(await place.bought()).job.id, (await place.bought()).job.id].sort();
  const warn = vi.fn();
  const failing: SweeperDeps['publisher'] = {
    publish: (job, by) => (job.id === ids[0] ? Promise.reject(new Error('WRONGTYPE')) : publisher.publish(job, by)),
  };
  const failingTogether = { ...queue, addAbsent: () => Promise.reject(new Error('WRONGTYPE')) };
  expect(await sweep({ publisher: failing, queue: failingTogether, log: { ...quiet, warn } })).toEqual([ids[1]]);
  expect(warn).toHaveBeenCalledOnce();
});

test('an id that stayed in a list without its job is published, and delivered once', async () => {
  const { job } = await place.bought();
  await connection.redis.rpush(connection.queue.toKey('active'), job.id);
  expect(await sweep()).toEqual([job.id]);
  expect(await connection.queue.getWaitingCount()).toBe(1);
  expect(await connection.queue.getActiveCount()).toBe(0);
});

test('a lock that nobody would end ends, so that no running or damaged job is stuck for ever', async () => {
  const [{ job: running }, { job: damaged }] = [await place.bought(), await place.bought()];
  const { redis: client, queue: bull } = connection;
  await publisher.publish(running, 'release');
  await client.lrem(bull.toKey('wait'), 0, running.id);
  await client.lpush(bull.toKey('active'), running.id);
  await client.lpush(bull.toKey('wait'), damaged.id);
  const locks = [running.id, damaged.id].map((id) => `${bull.toKey(id)}:lock`);
  for (const lock of locks) await client.set(lock, 'of a worker that is gone');
  await client.set(bull.toKey('stalled-check'), 'forged');
  await sweep();
  for (const key of [...locks, bull.toKey('stalled-check')]) {
    const left = await client.pttl(key);
    // Published again, a damaged job has no lock at all: -2.
    expect(left, key).not.toBe(-1);
    expect(left, key).toBeLessThanOrEqual(10_000);
  }
});

describe('a key of the queue that another program has written', () => {
  const foreign: readonly [string, (client: Redis, key: string) => Promise<unknown>][] = [
    ['wait', (client, key) => client.set(key, 'x')],
    ['active', (client, key) => client.hset(key, 'x', 'x')],
    ['paused', (client, key) => client.set(key, 'x')],
    ['prioritized', (client, key) => client.set(key, 'x')],
    ['delayed', (client, key) => client.rpush(key, 'x')],
    ['completed', (client, key) => client.set(key, 'x')],
    ['failed', (client, key) => client.set(key, 'x')],
    ['stalled', (client, key) => client.set(key, 'x')],
    ['marker', (client, key) => client.set(key, 'x')],
    ['meta', (client, key) => client.set(key, 'x')],
    ['meta', (client, key) => client.hset(key, 'concurrency', 'many')],
    ['events', (client, key) => client.set(key, 'x')],
    ['id', (client, key) => client.rpush(key, 'x')],
    ['id', (client, key) => client.set(key, 'x')],
    ['limiter', (client, key) => client.rpush(key, 'x')],
    ['metrics:completed', (client, key) => client.set(key, 'x')],
    ['metrics:completed', (client, key) => client.hset(key, 'count', 'many')],
    ['metrics:completed:data', (client, key) => client.set(key, 'x')],
  ];

  test.each(foreign)('as %s (%#) is removed with the next sweep, and jobs run again', async (name, write) => {
    const { queue: bull, redis: client } = connection;
    const [{ job: before }, { job: after }] = [await place.bought(), await place.bought()];
    await publisher.publish(before, 'release');
    await client.del(bull.toKey(name));
    await write(client, bull.toKey(name));
    const warn = vi.fn();
    await sweep({ log: { ...quiet, warn } });
    expect(warn).toHaveBeenCalledWith({ event: 'foreign-key-removed' }, expect.stringContaining(bull.toKey(name)));
    await publisher.publish(after, 'release');
    await sweep();
    const done: string[] = [];
    const worker = new Worker(queueName, async ({ id }) => void done.push(id ?? ''), {
      connection: { url: redis.url },
      metrics: { maxDataPoints: 10 },
    });
    worker.on('error', () => undefined);
    await vi.waitFor(() => expect(done.sort()).toEqual([before.id, after.id].sort()), 20_000);
    await vi.waitFor(async () => expect(await bull.getCompletedCount()).toBe(2), 5_000);
    await worker.close();
  });

  test('is none of those that BullMQ itself writes', async () => {
    const { queue: bull, redis: client } = connection;
    const jobs = [await place.bought(), await place.bought(), await place.bought()].map(({ job }) => job);
    for (const job of jobs) await publisher.publish(job, 'release');
    await bull.add('create', null as never, { priority: 3 });
    await bull.add('create', null as never, { delay: 60_000 });
    await bull.setGlobalConcurrency(5);
    await bull.setGlobalRateLimit(100, 1_000);
    const worker = new Worker(
      queueName,
      async ({ id }) => (id === jobs[0]?.id ? Promise.reject(new UnrecoverableError('No.')) : 'done'),
      { connection: { url: redis.url }, metrics: { maxDataPoints: 10 } },
    );
    await vi.waitFor(async () =>
      expect(await bull.getJobCounts('failed', 'completed')).toEqual({ failed: 1, completed: 3 }),
    );
    await worker.close();
    await bull.pause();
    expect((await client.keys('*')).length).toBeGreaterThan(10);
    expect(await queue.removeForeignKeys()).toEqual([]);
  });
});

describe('the record of the sweeps', () => {
  const last = async () => (await place.store.readSetting(lastSweepSetting))?.value ?? null;

  test('has the time of the last success, and the error of a queue that cannot be reached', async () => {
    await sweep();
    const { succeededAt } = (await last()) ?? {};
    expect(await last()).toEqual({
      succeededAt: new Date(place.clock.now.getTime() + 2_000).toISOString(),
      error: null,
    });
    const failing = { ...queue, look: () => Promise.reject(new Error('NOPERM')) };
    await expect(sweep({ queue: failing })).rejects.toThrow('NOPERM');
    expect(await last()).toEqual({ succeededAt, error: 'NOPERM' });
    await sweep();
    expect(await last()).toEqual({ succeededAt, error: null });
  });

  test('has an error if none of the lost jobs could be published, and none if one could', async () => {
    const [{ job: one }] = [await place.bought(), await place.bought()];
    const failing = { ...queue, addAbsent: () => Promise.reject(new Error('OOM')) };
    await expect(
      sweep({ queue: failing, publisher: { publish: () => Promise.reject(new Error('OOM')) } }),
    ).rejects.toThrow('OOM');
    expect(await last()).toEqual({ succeededAt: null, error: 'OOM' });
    const publishing: SweeperDeps['publisher'] = {
      publish: (job, by) => (job.id === one.id ? Promise.reject(new Error('OOM')) : publisher.publish(job, by)),
    };
    await sweep({ queue: failing, publisher: publishing });
    expect(await last()).toMatchObject({ error: null });
  });

  test('has an error if Redis refuses the write that ends locks', async () => {
    await connection.redis.replicaof('127.0.0.1', 1);
    await expect(queue.endLocks([])).rejects.toThrow('READONLY');
    await connection.redis.replicaof('NO', 'ONE');
    await vi.waitFor(() => queue.endLocks([]));
  });

  test('is written every ten seconds, and at once if it changes', async () => {
    const put = vi.fn();
    let at = 0;
    const store = { ...place.store, putSetting: put };
    const record = createSweepRecord({ queue: queueName, store, now: () => new Date(at) });
    await record.succeeded();
    at += 9_999;
    await record.succeeded();
    expect(put).toHaveBeenCalledTimes(1);
    at += 1;
    await record.succeeded();
    await record.failed(new Error('READONLY'));
    await record.failed(new Error('READONLY'));
    await record.succeeded();
    expect(put).toHaveBeenCalledTimes(4);
  });

  test('is written for each queue by itself', async () => {
    const record = (name: QueueName) => createSweepRecord({ queue: name, store: place.store, now: () => new Date(0) });
    for (const name of queueNames) await record(name).failed(new Error(`NOPERM ${name}`));
    const all = [lastSweepSetting, lastPaymentsSweepSetting, lastNewsSweepSetting];
    const errors = await Promise.all(all.map(async (setting) => (await place.store.readSetting(setting))?.value.error));
    expect(errors).toEqual(['NOPERM servers', 'NOPERM payments', 'NOPERM news']);
  });
});

test('two sweeps at once publish each job once', async () => {
  for (let n = 0; n < 10; n += 1) await place.bought();
  await Promise.all([sweep(), sweep()]);
  expect(await queued()).toHaveLength(10);
});

describe('one process sweeps at a time', () => {
  test('another takes over once the lease has expired', async () => {
    await sweep();
    const { job } = await place.bought();
    expect(await sweep({ holder: 'other' })).toEqual([]);
    expect(await sweep({ holder: 'other', ...later(8_001) })).toEqual([job.id]);
  });
});
