import { afterAll, beforeAll, expect, test } from 'vitest';
import { openQueue, type QueueConnection, readRedisLife } from '#queues/bullmq/connection.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
beforeAll(async () => {
  redis = await startTestRedis({ appendOnly: true });
  connection = openQueue(redis.url, quiet);
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
  const after = await readRedisLife(connection.redis);
  expect(after).toMatch(/^[0-9a-f]{40}$/);
  expect(after).not.toBe(before);
});

test('a Redis that does not answer in time has no known life id', async () => {
  redis.pause();
  try {
    expect(await readRedisLife(connection.redis)).toBeNull();
  } finally {
    redis.resume();
  }
});
