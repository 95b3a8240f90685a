import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startBullWorker } from '#queues/bullmq/bull-worker.ts';
import { openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { readRedisLife } from '#queues/bullmq/redis-life.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
  connection = openQueue(redis, quiet);
  await connection.queue.waitUntilReady();
});
afterAll(async () => {
  await connection.close();
  await redis.stop();
});

test('a Redis that restarts with all its data gets a new life id', async () => {
  const before = await readRedisLife(connection.redis);
  expect(before).toMatch(/^[0-9a-f]{40}$/);
  await redis.flush();
  expect(await readRedisLife(connection.redis)).toBe(before);
  await redis.kill9();
  await redis.restart();
  const after = await vi.waitFor(async () => {
    const life = await readRedisLife(connection.redis);
    return life ?? Promise.reject(new Error('The life is unknown.'));
  }, 5_000);
  expect(after).toMatch(/^[0-9a-f]{40}$/);
  expect(after).not.toBe(before);
});

test('a worker takes its jobs over the connection whose life is known', async () => {
  const { queue, redis: ours } = connection;
  const taken = Promise.withResolvers<void>();
  const worker = startBullWorker({
    queue: queue.name,
    redis: ours,
    slots: 1,
    process: async () => {
      taken.resolve();
      return 'done';
    },
    onLockLost: () => undefined,
    log: quiet,
  });
  await worker.waitUntilReady();
  const id = await ours.client('ID');
  await queue.add('create', { serverId: 'srv-1', requestId: null, publishedBy: 'release', redisLife: null });
  await taken.promise;
  const clients = String(await ours.client('LIST')).split('\n');
  const others = clients.filter((line) => line && !line.startsWith(`id=${id} `));
  // The other connection only waits for a job to come.
  expect(others.map((line) => /cmd=(\S+)/.exec(line)?.[1])).toEqual(['bzpopmin']);
  await worker.close();
});
