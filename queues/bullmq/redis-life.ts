import type { Redis } from 'ioredis';
import { answerWithin } from '#queues/within.ts';

const answerMs = 2_000;

/** The life of the Redis at the other end of each connection, asked once per connection. */
const lives = new WeakMap<Redis, Promise<string | null>>();

/**
 * Asks for the life of Redis whenever this connection becomes ready. A Redis that restarts ends its connections, so the
 * life of a connection never changes.
 */
export function trackRedisLife(redis: Redis): void {
  redis.on('ready', () => lives.set(redis, askLife(redis)));
  redis.on('close', () => lives.delete(redis));
}

/**
 * The `run_id` that Redis drew at its start, for a connection of `connectRedis`. null: not connected, no answer within
 * 2 s, or an answer without one.
 */
export async function readRedisLife(redis: Redis): Promise<string | null> {
  if (redis.status !== 'ready') return null;
  const asked = lives.get(redis) ?? askLife(redis);
  lives.set(redis, asked);
  const life = await answerWithin(answerMs, asked);
  // Redis may have restarted while this waited.
  return lives.get(redis) === asked ? life : null;
}

async function askLife(redis: Redis): Promise<string | null> {
  const info = await redis.info('server').catch(() => '');
  const life = /^run_id:(\w+)/m.exec(info)?.[1] ?? null;
  // The next caller asks again.
  if (life === null) lives.delete(redis);
  return life;
}
