import type { RedisServer } from '#queues/bullmq/redis-server.ts';
import type { Environment } from './environment.ts';
import { missing } from './read.ts';
import { isSet } from './secret-files.ts';
import type { Values } from './variables.ts';

/** Its host is not used, since the Sentinels name it. */
const urlBySentinels = 'redis://by-sentinels';

/** How to reach Redis, by settings in which `redisFaults` finds nothing. */
export function redisServer(values: Values): RedisServer {
  const { REDIS_URL, REDIS_SENTINELS, REDIS_MASTER, REDIS_SENTINEL_PASSWORD } = values;
  const url = REDIS_URL ?? urlBySentinels;
  if (REDIS_SENTINELS === null || REDIS_MASTER === null) return { url };
  return { url, sentinels: { addresses: REDIS_SENTINELS, master: REDIS_MASTER, password: REDIS_SENTINEL_PASSWORD } };
}

/** The faults of settings that need each other. */
export function redisFaults(env: Environment): string[] {
  if (isSet('REDIS_SENTINELS', env)) return isSet('REDIS_MASTER', env) ? [] : [missing('REDIS_MASTER')];
  if (isSet('REDIS_MASTER', env)) return [missing('REDIS_SENTINELS')];
  return isSet('REDIS_URL', env) ? [] : [missing('REDIS_URL')];
}
