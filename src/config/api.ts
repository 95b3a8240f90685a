import { type CloudName, clouds } from '#src/cloud/clouds.ts';
import type { Environment } from './environment.ts';
import { proxySettings, readAuthorities, withProxyNames } from './outgoing.ts';
import { assertNoFaults, given, readVariables } from './read.ts';
import { redisFaults } from './redis.ts';
import { readSecretsKeys } from './secrets-keys.ts';
import { frozenWithoutSecrets, type ServiceConfig, serviceConfig, serviceFaults } from './service.ts';
import { type ShownSetting, shownSettings } from './shown-settings.ts';
import { readTokens } from './token-sources.ts';
import type { Token } from './tokens.ts';
import type { DnsName } from './variables/dns.ts';

export interface ApiConfig extends ServiceConfig {
  readonly port: number;
  /** The provider of new servers. */
  readonly provider: CloudName;
  /** `none`: servers have no DNS names, so customers connect to addresses. */
  readonly dns: DnsName;
  readonly defaultPlan: string;
  readonly tokens: readonly Token[];
  readonly rateLimitPerMinute: number;
  readonly rateLimitPerAddress: number;
  readonly trustProxy: number;
  /** Where customers reach this API; null: not known. */
  readonly publicUrl: string | null;
  /** For people, without secrets. */
  readonly shown: readonly ShownSetting[];
}

/** Reads the configuration of the API process. Throws ConfigError with every fault at once. */
export function apiConfig(env: Environment = process.env): ApiConfig {
  const reading = readVariables(withProxyNames(env), 'api');
  const { values } = reading;
  const { tokens, faults } = readTokens(values);
  const secrets = readSecretsKeys(values, env);
  const ca = readAuthorities(values);
  const others = [...redisFaults(env), ...faults, ...secrets.faults, ...ca.faults, ...serviceFaults(values)];
  assertNoFaults([...reading.faults, ...others]);
  return frozenWithoutSecrets({
    ...serviceConfig(values, {
      secretsKeys: secrets.keys,
      authorities: ca.authorities,
      proxy: proxySettings(values, env),
    }),
    port: given(values, 'PORT'),
    provider: given(values, 'CLOUD'),
    dns: given(values, 'DNS'),
    defaultPlan: values.DEFAULT_PLAN ?? clouds[given(values, 'CLOUD')].defaultPlan.id,
    tokens,
    rateLimitPerMinute: given(values, 'RATE_LIMIT_PER_MINUTE'),
    rateLimitPerAddress: given(values, 'RATE_LIMIT_PER_ADDRESS'),
    trustProxy: given(values, 'TRUST_PROXY'),
    publicUrl: values.PUBLIC_URL,
    shown: shownSettings(env, 'api'),
  });
}
