import { inspect } from 'node:util';
import type { RedisServer } from '#queues/bullmq/redis-server.ts';
import type { SealerKeys } from '#src/vpn/sealed.ts';
import { given } from './read.ts';
import { redisServer } from './redis.ts';
import { requireKeys } from './secrets-keys.ts';
import type { Values } from './variables.ts';

/** The settings that the API process and the worker process share. */
export interface ServiceConfig {
  readonly host: string;
  readonly databaseUrl: string;
  readonly redis: RedisServer;
  /** Certificates in PEM that connections trust beside the public ones. */
  readonly authorities: readonly string[];
  readonly secretsKeys: SealerKeys;
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

export function serviceConfig(
  values: Values,
  { secretsKeys, authorities }: { readonly secretsKeys: SealerKeys | null; readonly authorities: readonly string[] },
): ServiceConfig {
  return {
    host: given(values, 'HOST'),
    databaseUrl: given(values, 'DATABASE_URL'),
    redis: redisServer(values),
    authorities,
    secretsKeys: requireKeys(secretsKeys),
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}

/** Fields that may hold secrets and are left out of a printed configuration. */
const secretFields = new Set(['databaseUrl', 'redis', 'tokens', 'cloud', 'cloudflare', 'proxy', 'secretsKeys']);

/** Freezes the configuration and hides its secrets from JSON.stringify and inspect. */
export function frozenWithoutSecrets<C extends ServiceConfig>(config: C): C {
  const shown = () =>
    Object.fromEntries(Object.entries(config).map(([name, value]) => [name, secretFields.has(name) ? '[…]' : value]));
  Object.defineProperty(config, 'toJSON', { value: shown });
  Object.defineProperty(config, inspect.custom, { value: shown });
  for (const value of Object.values(config)) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(config);
}
