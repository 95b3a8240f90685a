import { inspect } from 'node:util';
import type { RedisServer } from '#queues/bullmq/redis-server.ts';
import type { ProxySettings } from '#src/outgoing/proxy.ts';
import type { SealerKeys } from '#src/vpn/sealed.ts';
import { type PaymentsConfig, paymentsConfig, paymentsFaults } from './payments.ts';
import { given } from './read.ts';
import { redisServer } from './redis.ts';
import { requireKeys } from './secrets-keys.ts';
import { type Values, variables } from './variables.ts';

/** The settings that the API process and the worker process share. */
export interface ServiceConfig {
  readonly host: string;
  readonly databaseUrl: string;
  readonly redis: RedisServer;
  /** Certificates in PEM that connections trust beside the public ones. */
  readonly authorities: readonly string[];
  /** The way to the cloud, the DNS and Stripe. */
  readonly proxy: ProxySettings;
  readonly secretsKeys: SealerKeys;
  readonly domain: string;
  readonly maxServers: number | null;
  /** null: there are no payments. */
  readonly payments: PaymentsConfig | null;
  /** Whether webhooks may lead to addresses that are not of the public internet. */
  readonly webhookAddresses: 'allow' | 'refuse';
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

interface Read extends Pick<ServiceConfig, 'authorities' | 'proxy'> {
  readonly secretsKeys: SealerKeys | null;
}

export function serviceConfig(values: Values, { secretsKeys, authorities, proxy }: Read): ServiceConfig {
  return {
    host: given(values, 'HOST'),
    databaseUrl: given(values, 'DATABASE_URL'),
    redis: redisServer(values),
    authorities,
    proxy,
    secretsKeys: requireKeys(secretsKeys),
    domain: given(values, 'DOMAIN'),
    maxServers: values.MAX_SERVERS,
    payments: paymentsConfig(values),
    webhookAddresses: given(values, 'WEBHOOK_PRIVATE_ADDRESSES'),
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}

/** The faults of variables that do not fit each other. */
export function serviceFaults(values: Values): string[] {
  return [...domainFaults(values), ...paymentsFaults(values)];
}

/** The fallback domain has no zone at Cloudflare: machines would be bought and never get their names. */
function domainFaults({ DNS, CLOUD, DOMAIN }: Values): string[] {
  if (DNS !== 'cloudflare' || CLOUD === 'simulator' || DOMAIN !== variables.DOMAIN.fallback) return [];
  return [`DOMAIN must be a domain whose zone is at Cloudflare, since DNS is cloudflare; it is not set, or ${DOMAIN}.`];
}

/** Fields that may hold secrets and are left out of a printed configuration. */
const secretFields = new Set([
  'databaseUrl',
  'redis',
  'tokens',
  'cloud',
  'cloudflare',
  'proxy',
  'secretsKeys',
  'payments',
]);

/** Freezes the configuration and hides its secrets from JSON.stringify and inspect. */
export function frozenWithoutSecrets<C extends ServiceConfig>(config: C): C {
  const shown = () =>
    Object.fromEntries(Object.entries(config).map(([name, value]) => [name, secretFields.has(name) ? '[…]' : value]));
  Object.defineProperty(config, 'toJSON', { value: shown });
  Object.defineProperty(config, inspect.custom, { value: shown });
  for (const value of Object.values(config)) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(config);
}
