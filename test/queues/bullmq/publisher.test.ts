import { describe, expect, test } from 'vitest';
import { createPublisher } from '#queues/bullmq/publisher.ts';
import { at, fresh, id, inAnHour, released, usePublisher } from './publisher-scene.ts';

const { connection, publisher, key, stateOf, dataOf, isLive, take } = usePublisher();

describe('a job that BullMQ runs, or will run in time, does not change', () => {
  const expectNoChange = async () => {
    const before = await dataOf();
    await publisher.publish(released, 'sweep');
    expect(await isLive()).toBe(true);
    expect(await dataOf()).toEqual(before);
    expect(before?.publishedBy).toBe('release');
  };

  test('waiting', async () => {
    await publisher.publish(released, 'release');
    expect(await stateOf()).toBe('waiting');
    await expectNoChange();
  });

  test('waiting in a paused queue', async () => {
    await connection.queue.pause();
    await publisher.publish(released, 'release');
    await expectNoChange();
  });

  test('prioritized', async () => {
    await publisher.publish(released, 'release');
    await (await connection.queue.getJob(id))?.changePriority({ priority: 7 });
    expect(await stateOf()).toBe('prioritized');
    await expectNoChange();
  });

  test('active', async () => {
    await publisher.publish(released, 'release');
    await take();
    expect(await stateOf()).toBe('active');
    await expectNoChange();
  });

  test('active, its lock just expired', async () => {
    await publisher.publish(released, 'release');
    await take();
    await connection.redis.del(`${key(id)}:lock`);
    await expectNoChange();
  });

  test('delayed for its next attempt', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToFailed(new Error('Not yet.'), 'token-1');
    expect(await stateOf()).toBe('delayed');
    await expectNoChange();
  });
});

describe('a job in any other state is removed and added again', () => {
  const expectAddedAgain = async () => {
    expect(await isLive()).toBe(false);
    await publisher.publish(released, 'sweep');
    expect(await isLive()).toBe(true);
    expect(await stateOf()).toBe('waiting');
    expect(await dataOf()).toEqual({ serverId: 'srv-1', requestId: 'req-1', publishedBy: 'sweep', redisLife: null });
    expect(await connection.queue.getWaiting()).toHaveLength(1);
    expect((await take()).attemptsStarted).toBe(1);
  };

  test('absent', async () => {
    expect(await stateOf()).toBe('unknown');
    await expectAddedAgain();
  });

  test('completed', async () => {
    await publisher.publish(released, 'release');
    await (await take()).moveToCompleted('done', 'token-1', false);
    await expectAddedAgain();
  });

  test('failed', async () => {
    await connection.queue.add(
      'create',
      { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
      { jobId: id, attempts: 1 },
    );
    await (await take()).moveToFailed(new Error('No.'), 'token-1');
    expect(await stateOf()).toBe('failed');
    await expectAddedAgain();
  });

  test('in no list', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
    await expectAddedAgain();
  });

  test.each(['wait', 'active', 'prioritized', 'delayed'])('without a hash, its id in %s', async (list) => {
    if (list === 'wait' || list === 'active') await connection.redis.lpush(key(list), id);
    else await connection.redis.zadd(key(list), 1, id);
    await expectAddedAgain();
  });

  test('delayed for a year by another program', async () => {
    await connection.queue.add(
      'create',
      { serverId: 'x', requestId: null, publishedBy: 'release', redisLife: null },
      { jobId: id, delay: 31_536_000_000 },
    );
    await expectAddedAgain();
  });

  test.each(['data', 'opts', 'progress', 'parent'])('with garbage in its %s', async (field) => {
    await publisher.publish(released, 'release');
    await connection.redis.hset(key(id), field, '{"half":');
    await expectAddedAgain();
  });

  test('with a key that does not hold a job', async () => {
    await connection.redis.set(key(id), 'forged');
    await connection.redis.lpush(key('wait'), id);
    await expectAddedAgain();
  });

  test('made a part of a scheduler', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
    await connection.redis.hset(key(id), 'rjk', 'forged');
    await connection.redis.zadd(key('repeat'), 1, 'forged');
    await expectAddedAgain();
  });

  test('made a parent that waits for children', async () => {
    await publisher.publish(released, 'release');
    await connection.redis.lrem(key('wait'), 0, id);
    await connection.redis.zadd(key('waiting-children'), 1, id);
    await expectAddedAgain();
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

  test('a job that is still delayed once it is due is published again', async () => {
    await publisher.publish(inAnHour(), 'release');
    expect(await isLive(released)).toBe(false);
  });
});

describe('a new job', () => {
  test('is added by one command', async () => {
    const forbidden = ['exists', 'eval', 'pipeline', 'del'];
    const redis = new Proxy(connection.redis, {
      get: (target, property) => {
        if (forbidden.includes(String(property))) throw new Error(`The publisher called ${String(property)}.`);
        return Reflect.get(target, property, target);
      },
    });
    const direct = createPublisher({ queue: connection.queue, redis }, () => at);
    await direct.publish(fresh, 'release');
    expect((await dataOf())?.publishedBy).toBe('release');
    await expect(direct.publish(released, 'release')).rejects.toThrow(/called exists/);
    await expect(direct.publish(fresh, 'sweep')).rejects.toThrow(/called exists/);
  });

  test('runs even if another program has put something else under its id', async () => {
    await connection.redis.set(key(id), 'forged');
    await publisher.publish(fresh, 'release');
    expect((await take()).data.publishedBy).toBe('release');
  });

  test('is not disturbed by a second publish while it runs', async () => {
    await publisher.publish(fresh, 'release');
    await take();
    await publisher.publish(fresh, 'release');
    expect(await stateOf()).toBe('active');
    expect(await connection.queue.getWaiting()).toEqual([]);
  });
});
