import type { Redis } from 'ioredis';
import type { Log } from '#queues/ports/log.ts';

/** The error of each connection that is lost now. */
const outages = new WeakMap<Redis, string>();

/** Logs the first error of each outage, and its end. */
export function trackOutages(redis: Redis, log: Log): void {
  let sentinelFault = '';
  redis.on('sentinelError', ({ message }: Error) => {
    sentinelFault = message;
  });
  redis.on('error', (reason: Error) => {
    const error = [reason.message || String(reason), sentinelFault].filter(Boolean).join(' ');
    if (!outages.has(redis))
      log.warn({ event: 'redis-unreachable', error }, 'Redis is unreachable; retrying until it is back');
    outages.set(redis, error);
  });
  redis.on('ready', () => {
    if (outages.delete(redis)) log.info({ event: 'redis-reachable' }, 'Redis is reachable again');
    sentinelFault = '';
  });
}

/** The last error of a connection that is lost, such as a wrong password; null: none, or it is not lost. */
export function outageOf(redis: Redis): string | null {
  return outages.get(redis) ?? null;
}
