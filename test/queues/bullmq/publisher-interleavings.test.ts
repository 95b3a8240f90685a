import { describe, expect, test } from 'vitest';
import { insideTransaction } from '#db/transaction-guard.ts';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { at, fresh, id, released, usePublisher } from './publisher-scene.ts';

const { connection, publisher, sweepQueue, key, stateOf, dataOf, take } = usePublisher();

describe('interleavings', () => {
  test.each([
    ['new', fresh],
    ['older', released],
  ])('many publishes at once add the %s job once', async (_, job) => {
    await Promise.all(Array.from({ length: 30 }, () => publisher.publish(job, 'release')));
    expect(await connection.queue.getWaiting()).toHaveLength(1);
    expect((await take()).attemptsStarted).toBe(1);
  });

  test('a job that is added and taken while another publish clears its lists keeps running', async () => {
    // Another process can do this between the read and the clearing of this one.
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

  test('a job in no list is left to its worker if that is still alive', async () => {
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

  test.each([
    ['just in time', 1_999, 'release'],
    ['too late', 2_000, 'sweep'],
  ])('a releaser of a new job that is frozen right before the add and wakes %s', async (_, ms, expected) => {
    let now = at;
    // This copy of the connection is unknown, so the publisher asks Redis for its life right before the add.
    const redis = new Proxy(connection.redis, {
      get: (target, property) => {
        if (property !== 'info') return Reflect.get(target, property, target);
        return async (...args: Parameters<typeof target.info>) => {
          now = new Date(at.getTime() + ms);
          return target.info(...args);
        };
      },
    });
    await createPublisher({ queue: connection.queue, redis }, () => now).publish(fresh, 'release');
    expect((await dataOf())?.publishedBy).toBe(expected);
  });

  test('publishing inside a transaction throws', async () => {
    await expect(insideTransaction('settle', () => publisher.publish(released, 'release'))).rejects.toThrow(/settle/);
  });
});

describe('locks', () => {
  const expectEndsWithin = async (name: string, ms: number) => {
    const left = await connection.redis.pttl(name);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(ms);
  };

  test('a lock without a TTL, or with a long one, gets the TTL of a BullMQ lock', async () => {
    await connection.redis.set(`${key(id)}:lock`, 'forged');
    await connection.redis.set(key('stalled-check'), 'forged', 'EX', 3_600);
    await sweepQueue.endLocks([id]);
    await expectEndsWithin(`${key(id)}:lock`, 10_000);
    await expectEndsWithin(key('stalled-check'), 3_000);
  });

  test('a lock that ends sooner, and an absent one, do not change', async () => {
    await sweepQueue.endLocks([id]);
    expect(await connection.redis.exists(`${key(id)}:lock`, key('stalled-check'))).toBe(0);
    await connection.redis.set(`${key(id)}:lock`, 'held', 'PX', 500);
    await sweepQueue.endLocks([id]);
    await expectEndsWithin(`${key(id)}:lock`, 500);
  });
});

describe('promote', () => {
  test('makes a job that waits for its next attempt run at once', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToDelayed(Date.now() + 60_000, 'token-1');
    await publisher.promote(id);
    expect(await stateOf()).toBe('waiting');
  });

  test('changes no other job, and ignores an unknown one', async () => {
    await publisher.promote(id);
    await publisher.publish(released, 'release');
    await publisher.promote(id);
    expect(await stateOf()).toBe('waiting');
    await take();
    await publisher.promote(id);
    expect(await stateOf()).toBe('active');
  });
});
