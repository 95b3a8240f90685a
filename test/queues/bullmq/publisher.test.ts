import { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobKind } from '#db/model.ts';
import type { ReleasedJob } from '#db/reads/work.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { type JobData, openQueue, type QueueConnection, type QueuedJob, queueName } from '#queues/bullmq/connection.ts';
import { createPublisher, type Publisher } from '#queues/bullmq/publisher.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
let publisher: Publisher;
let hand: Worker<JobData, string, JobKind>;
beforeAll(async () => {
  redis = await startTestRedis();
  connection = openQueue(redis.url, quiet);
  publisher = createPublisher(connection, () => at);
  const settings = { backoffStrategy: () => 60_000 };
  hand = new Worker(queueName, null, { connection: connection.redis, autorun: false, settings });
});
beforeEach(() => redis.flush());
afterAll(async () => {
  await hand.close();
  await connection.close();
  await redis.stop();
});

const id = 'job-1';
const at = new Date();
const released: ReleasedJob = {
  id,
  kind: 'create',
  serverId: 'srv-1',
  requestId: 'req-1',
  dueAt: null,
  releasedAt: at,
};
const inAnHour = () => ({ ...released, dueAt: new Date(Date.now() + 3_600_000) });
const key = (name: string) => connection.queue.toKey(name);
const stateOf = () => connection.queue.getJobState(id);
const dataOf = async () => (await connection.queue.getJob(id))?.data;
const isLive = async (job = released) => (await publisher.findLost([job])).length === 0;

/** Takes the next job as a worker does, without working on it. */
async function take(): Promise<QueuedJob> {
  const job = await hand.getNextJob('token-1', { block: false });
  if (!job) throw new Error('There is no job to take.');
  return job;
}

describe('a job that BullMQ runs, or will run in time, stays as it is', () => {
  afterEach(async () => {
    const before = await dataOf();
    await publisher.publish(released, 'sweep');
    expect(await isLive()).toBe(true);
    expect(await dataOf()).toEqual(before);
    expect(before?.publishedBy).toBe('release');
  });

  test('waiting', async () => {
    await publisher.publish(released, 'release');
    expect(await stateOf()).toBe('waiting');
  });

  test('waiting in a paused queue', async () => {
    await connection.queue.pause();
    await publisher.publish(released, 'release');
  });

  test('prioritized', async () => {
    await publisher.publish(released, 'release');
    await (await connection.queue.getJob(id))?.changePriority({ priority: 7 });
    expect(await stateOf()).toBe('prioritized');
  });

  test('active', async () => {
    await publisher.publish(released, 'release');
    await take();
    expect(await stateOf()).toBe('active');
  });

  test('active, its lock just gone', async () => {
    await publisher.publish(released, 'release');
    await take();
    await connection.redis.del(`${key(id)}:lock`);
  });

  test('delayed for its next attempt', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToFailed(new Error('Not yet.'), 'token-1');
    expect(await stateOf()).toBe('delayed');
  });
});

describe('a job in any other state is removed and added again', () => {
  afterEach(async () => {
    expect(await isLive()).toBe(false);
    await publisher.publish(released, 'sweep');
    expect(await isLive()).toBe(true);
    expect(await stateOf()).toBe('waiting');
    expect(await dataOf()).toEqual({ serverId: 'srv-1', requestId: 'req-1', publishedBy: 'sweep', redisLife: null });
    expect(await connection.queue.getWaiting()).toHaveLength(1);
    expect((await take()).attemptsStarted).toBe(1);
  });

  test('absent', async () => {
    expect(await stateOf()).toBe('unknown');
  });

  test('completed', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToCompleted('done', 'token-1', false);
  });

  test('failed', async () => {
    await connection.queue.add(
      'create',
      { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
      { jobId: id, attempts: 1 },
    );
    await (await take()).moveToFailed(new Error('No.'), 'token-1');
    expect(await stateOf()).toBe('failed');
  });

  test('in no list', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
  });

  test.each(['wait', 'active', 'prioritized', 'delayed'])('its hash is gone while its id is in %s', async (list) => {
    if (list === 'wait' || list === 'active') await connection.redis.lpush(key(list), id);
    else await connection.redis.zadd(key(list), 1, id);
  });

  test('delayed for a year by another program', async () => {
    await connection.queue.add(
      'create',
      { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
      { jobId: id, delay: 31_536_000_000 },
    );
  });

  test.each(['data', 'opts', 'progress', 'parent'])('garbage in its %s', async (field) => {
    await publisher.publish(released, 'release');
    await connection.redis.hset(key(id), field, '{"half":');
  });

  test('its key holds something else than a job', async () => {
    await connection.redis.set(key(id), 'forged');
    await connection.redis.lpush(key('wait'), id);
  });

  test('made a part of a scheduler', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
    await connection.redis.hset(key(id), 'rjk', 'forged');
    await connection.redis.zadd(key('repeat'), 1, 'forged');
  });

  test('made a parent that waits for children', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
    await connection.redis.zadd(key('waiting-children'), 1, id);
  });
});

describe('when it is due', () => {
  test('a job that is due later is delayed until then', async () => {
    const later = inAnHour();
    await publisher.publish(later, 'release');
    expect(await stateOf()).toBe('delayed');
    expect(await isLive(later)).toBe(true);
    const { delay = 0 } = (await connection.queue.getJob(id)) ?? {};
    expect(delay).toBeGreaterThan(3_590_000);
  });

  test('that delay counts as too long once the job is due', async () => {
    await publisher.publish(inAnHour(), 'release');
    expect(await isLive(released)).toBe(false);
  });
});

describe('interleavings', () => {
  test('many publishes at once add the job once', async () => {
    await Promise.all(Array.from({ length: 30 }, () => publisher.publish(released, 'release')));
    expect(await connection.queue.getWaiting()).toHaveLength(1);
    expect((await take()).attemptsStarted).toBe(1);
  });

  test('a job that is added and taken while another publish clears the lists keeps running', async () => {
    // As by another process, between this one's look and its clearing.
    const redis = new Proxy(connection.redis, {
      get: (target, property) => {
        if (property !== 'exists') return Reflect.get(target, property, target);
        return async (name: string) => {
          const found = await target.exists(name);
          await publisher.publish(released, 'release');
          await take();
          return found;
        };
      },
    });
    const slow = createPublisher({ queue: connection.queue, redis }, () => new Date());
    await slow.publish(released, 'sweep');
    expect(await stateOf()).toBe('active');
    expect(await connection.queue.getWaiting()).toEqual([]);
    expect((await dataOf())?.publishedBy).toBe('release');
  });

  test('a job in no list whose worker is still alive is left to it', async () => {
    await publisher.publish(released, 'release');
    await take();
    await connection.redis.lrem(key('active'), 0, id);
    await publisher.publish(released, 'sweep');
    expect(await connection.queue.getWaiting()).toEqual([]);
    expect((await dataOf())?.publishedBy).toBe('release');
  });

  test.each([
    ['just in time', 1_999, 'release'],
    ['too late', 2_000, 'sweep'],
  ])('a releaser that is frozen right before the add and wakes %s', async (_, ms, expected) => {
    let now = at;
    const redis = new Proxy(connection.redis, {
      get: (target, property) => {
        if (property !== 'eval') return Reflect.get(target, property, target);
        return async (...args: Parameters<typeof target.eval>) => {
          await target.eval(...args);
          now = new Date(at.getTime() + ms);
        };
      },
    });
    await createPublisher({ queue: connection.queue, redis }, () => now).publish(released, 'release');
    expect((await dataOf())?.publishedBy).toBe(expected);
  });

  test('publishing inside a transaction throws', async () => {
    await expect(insideTransaction('settle', () => publisher.publish(released, 'release'))).rejects.toThrow(/settle/);
  });

  test('it finds the lost ones among many jobs, in the order given', async () => {
    const jobs = ['a', 'b', 'c', 'd'].map((name) => ({ ...released, id: `job-${name}` }));
    await Promise.all(jobs.slice(1, 3).map((job) => publisher.publish(job, 'release')));
    expect((await publisher.findLost(jobs)).map((job) => job.id)).toEqual(['job-a', 'job-d']);
    expect(await publisher.findLost([])).toEqual([]);
  });
});

describe('locks', () => {
  const expectEndsWithin = async (name: string, ms: number) => {
    const left = await connection.redis.pttl(name);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(ms);
  };

  test('a lock without a TTL, or with a long one, ends as one of BullMQ does', async () => {
    await connection.redis.set(`${key(id)}:lock`, 'forged');
    await connection.redis.set(key('stalled-check'), 'forged', 'EX', 3_600);
    await publisher.endLocks([released]);
    await expectEndsWithin(`${key(id)}:lock`, 10_000);
    await expectEndsWithin(key('stalled-check'), 3_000);
  });

  test('a lock that ends sooner, and an absent one, stay as they are', async () => {
    await publisher.endLocks([released]);
    expect(await connection.redis.exists(`${key(id)}:lock`, key('stalled-check'))).toBe(0);
    await connection.redis.set(`${key(id)}:lock`, 'held', 'PX', 500);
    await publisher.endLocks([released]);
    await expectEndsWithin(`${key(id)}:lock`, 500);
  });
});

describe('promote', () => {
  test('a job that waits for its next attempt runs at once', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToDelayed(Date.now() + 60_000, 'token-1');
    await publisher.promote(id);
    expect(await stateOf()).toBe('waiting');
  });

  test('any other job stays as it is, and an unknown one is ignored', async () => {
    await publisher.promote(id);
    await publisher.publish(released, 'release');
    await publisher.promote(id);
    expect(await stateOf()).toBe('waiting');
    await take();
    await publisher.promote(id);
    expect(await stateOf()).toBe('active');
  });
});
