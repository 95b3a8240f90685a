import { afterEach, describe, expect, test } from 'vitest';
import { connectRedis, openQueue } from '#queues/bullmq/connection.ts';
import { createLive } from '#queues/bullmq/live.ts';
import { assertUsable, RedisUnusableError } from '#queues/bullmq/usable.ts';
import { freePort } from '#src/start/redis/probe.ts';
import { until } from '../../chaos/wait.ts';
import { type RedisProcess, startRedisProcess, whyNoRedisProcess } from '../../redis-process.ts';
import { quiet } from '../../world.ts';

const reason = whyNoRedisProcess();
if (reason) test.skip(`Redis's cluster mode is NOT TESTED: ${reason}`);
const inClusterMode = ['--cluster-enabled', 'yes'];

describe.skipIf(reason !== null)('the check of Redis at the start', () => {
  let server: RedisProcess | null = null;
  afterEach(async () => {
    await server?.stop();
    server = null;
  });

  /** The message of the error that the check throws; null: it throws none. */
  async function faultAt(url: string): Promise<string | null> {
    const redis = connectRedis({ url }, quiet);
    try {
      await assertUsable(redis);
      return null;
    } catch (error) {
      if (!(error instanceof RedisUnusableError)) throw error;
      return error.message;
    } finally {
      redis.disconnect();
    }
  }

  test('refuses cluster mode', async () => {
    server = await startRedisProcess({ settings: inClusterMode });
    expect(await faultAt(server.url)).toMatch(/^Redis is in cluster mode, .*\(REDIS_SENTINELS\)/);
  });

  test('refuses a Sentinel in the place of a Redis', async () => {
    server = await startRedisProcess({ sentinel: ['sentinel monitor shop 127.0.0.1 1 1'] });
    expect(await faultAt(server.url)).toMatch(/^REDIS_URL leads to a Redis Sentinel\. .*REDIS_MASTER/);
  });

  test('refuses a database that Redis does not have', async () => {
    server = await startRedisProcess();
    expect(await faultAt(`${server.url}/3`)).toBeNull();
    expect(await faultAt(`${server.url}/99`)).toBe('Redis has no database 99, which REDIS_URL names.');
  });

  test('passes if no Redis answers, without a long wait', async () => {
    const begunAt = performance.now();
    expect(await faultAt(`redis://127.0.0.1:${await freePort()}`)).toBeNull();
    expect(performance.now() - begunAt).toBeLessThan(2_000);
  });

  test('is not needed to notice a Redis that changes to cluster mode later', async () => {
    server = await startRedisProcess();
    const connection = openQueue(server, quiet);
    const live = createLive(connection);
    await connection.queue.waitUntilReady();
    expect(await live.queue()).toMatchObject({ isCluster: false, error: null });
    await server.restart(inClusterMode);
    await until('the cluster mode', async () => (await live.queue())?.isCluster ?? null, 10_000);
    await connection.close();
  });
});
