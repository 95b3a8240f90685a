import { type CloudName, clouds } from '#src/cloud/clouds.ts';
import type { Environment } from './environment.ts';
import { readAuthorities } from './outgoing.ts';
import { assertNoFaults, given, readVariables } from './read.ts';
import { redisFaults } from './redis.ts';
import { readSecretsKeys } from './secrets-keys.ts';
import { frozenWithoutSecrets, type ServiceConfig, serviceConfig } from './service.ts';
import { readTokens } from './token-sources.ts';
import type { Token } from './tokens.ts';
import type { DnsName } from './variables/dns.ts';
import { type Values, variables } from './variables.ts';

export interface ApiConfig extends ServiceConfig {
  readonly port: number;
  /** The provider of new servers. */
  readonly provider: CloudName;
  readonly domain: string;
  /** `none`: servers have no DNS names, so customers connect to addresses. */
  readonly dns: DnsName;
  readonly defaultPlan: string;
  readonly maxServers: number | null;
  readonly tokens: readonly Token[];
  readonly rateLimitPerMinute: number;
  readonly rateLimitPerAddress: number;
  readonly trustProxy: number;
}

/** Reads the configuration of the API process. Throws ConfigError with every fault at once. */
export function apiConfig(env: Environment = process.env): ApiConfig {
  const reading = readVariables(env, 'api');
  const { values } = reading;
  const { tokens, faults } = readTokens(values);
  const secrets = readSecretsKeys(values, env);
  const ca = readAuthorities(values);
  const others = [...redisFaults(env), ...faults, ...secrets.faults, ...ca.faults, ...domainFaults(values)];
  assertNoFaults([...reading.faults, ...others]);
  return frozenWithoutSecrets({
    ...serviceConfig(values, { secretsKeys: secrets.keys, authorities: ca.authorities }),
    port: given(values, 'PORT'),
    provider: given(values, 'CLOUD'),
    domain: given(values, 'DOMAIN'),
    dns: given(values, 'DNS'),
    defaultPlan: values.DEFAULT_PLAN ?? clouds[given(values, 'CLOUD')].defaultPlan.id,
    maxServers: values.MAX_SERVERS,
    tokens,
    rateLimitPerMinute: given(values, 'RATE_LIMIT_PER_MINUTE'),
    rateLimitPerAddress: given(values, 'RATE_LIMIT_PER_ADDRESS'),
    trustProxy: given(values, 'TRUST_PROXY'),
  });
}

/** The fallback domain has no zone at Cloudflare: machines would be bought and never get their names. */
function domainFaults({ DNS, CLOUD, DOMAIN }: Values): string[] {
  if (DNS !== 'cloudflare' || CLOUD === 'simulator' || DOMAIN !== variables.DOMAIN.fallback) return [];
  return [`DOMAIN must be a domain whose zone is at Cloudflare, since DNS is cloudflare; it is not set, or ${DOMAIN}.`];
}
