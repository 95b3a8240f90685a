import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openNewsQueue, openQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createSlots, type Slots } from '#queues/news/slots.ts';
import { startTestRedis, type TestRedis } from '../../redis.ts';
import { quiet } from '../../world.ts';

let redis: TestRedis;
let connection: QueueConnection;
let news: QueueConnection;
let slots: Slots;
beforeAll(async () => {
  redis = await startTestRedis();
  connection = openQueue(redis, quiet);
  news = openNewsQueue(connection);
  slots = createSlots(news);
});
beforeEach(() => redis.flush());
afterAll(async () => {
  await news.close();
  await connection.close();
  await redis.stop();
});

test('an endpoint has so many slots for all processes, and each has its own', async () => {
  const [first, second] = [await slots.take('hook-1', 2), await createSlots(news).take('hook-1', 2)];
  expect([first, second]).not.toContain(null);
  expect(await slots.take('hook-1', 2)).toBeNull();
  expect(await slots.take('hook-2', 2)).not.toBeNull();
  await first?.();
  expect(await slots.take('hook-1', 2)).not.toBeNull();
});

test('the slot of a process that died is free after half a minute', async () => {
  await slots.take('hook-1', 1);
  const left = await connection.redis.pttl(news.queue.toKey('sending:hook-1:0'));
  expect(left).toBeGreaterThan(20_000);
  expect(left).toBeLessThanOrEqual(30_000);
});

test('a slot that another process has taken meanwhile is not given back', async () => {
  const late = await slots.take('hook-1', 1);
  await redis.flush();
  await slots.take('hook-1', 1);
  await late?.();
  expect(await slots.take('hook-1', 1)).toBeNull();
});
