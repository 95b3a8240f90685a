import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readRedisLife, trackRedisLife } from '#queues/bullmq/redis-life.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A connection whose INFO answers come when the test gives them. */
function fakeRedis() {
  const asked: ((answer: string | Error) => void)[] = [];
  const info = () =>
    new Promise<string>((resolve, reject) => {
      asked.push((answer) => (typeof answer === 'string' ? resolve(answer) : reject(answer)));
    });
  const redis = Object.assign(new EventEmitter(), { status: 'ready', info }) as unknown as Redis;
  trackRedisLife(redis);
  return { redis, asked };
}
const lifeOf = (id: string) => `# Server\r\nrun_id:${id}\r\n`;

test('Redis is asked once per connection', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  asked[0]?.(lifeOf('a'));
  expect(await Promise.all([readRedisLife(redis), readRedisLife(redis)])).toEqual(['a', 'a']);
  redis.emit('close');
  redis.emit('ready');
  asked[1]?.(lifeOf('b'));
  expect(await readRedisLife(redis)).toBe('b');
  expect(asked).toHaveLength(2);
});

test('a late answer is unknown for the caller that waited, and known for the next one', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  const late = readRedisLife(redis);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await late).toBeNull();
  asked[0]?.(lifeOf('a'));
  expect(await readRedisLife(redis)).toBe('a');
});

test('a connection that is not ready has no known life', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  asked[0]?.(lifeOf('a'));
  expect(await readRedisLife(redis)).toBe('a');
  Object.assign(redis, { status: 'reconnecting' });
  expect(await readRedisLife(redis)).toBeNull();
});

test('an answer of the connection before is not the life of this one', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  const waiting = readRedisLife(redis);
  redis.emit('close');
  redis.emit('ready');
  asked[0]?.(lifeOf('a'));
  expect(await waiting).toBeNull();
  asked[1]?.(lifeOf('b'));
  expect(await readRedisLife(redis)).toBe('b');
});

test('an answer that comes after the connection has ended is not known', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  const waiting = readRedisLife(redis);
  redis.emit('close');
  asked[0]?.(lifeOf('a'));
  expect(await waiting).toBeNull();
});

test('after an answer without a life Redis is asked again', async () => {
  const { redis, asked } = fakeRedis();
  redis.emit('ready');
  asked[0]?.(new Error('NOPERM'));
  expect(await readRedisLife(redis)).toBeNull();
  const again = readRedisLife(redis);
  asked[1]?.(lifeOf('a'));
  expect(await again).toBe('a');
});
