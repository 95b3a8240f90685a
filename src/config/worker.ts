import type { KeptDays } from '#queues/upkeep/prune.ts';
import type { Address } from './address.ts';
import { type CloudConfig, cloudConfig, imageFaults, requiredKey } from './cloud.ts';
import type { Environment } from './environment.ts';
import { keptDays, keptDaysFaults } from './kept-days.ts';
import { proxySettings, readAuthorities, withProxyNames } from './outgoing.ts';
import { simulatedProbeAt } from './probe-at.ts';
import { assertNoFaults, given, readVariables, required } from './read.ts';
import { redisFaults } from './redis.ts';
import { readSecretsKeys } from './secrets-keys.ts';
import { frozenWithoutSecrets, type ServiceConfig, serviceConfig, serviceFaults } from './service.ts';
import type { Values, VariableName } from './variables.ts';

export interface WorkerConfig extends ServiceConfig {
  readonly workerPort: number | null;
  readonly concurrency: number;
  readonly cloud: CloudConfig;
  /** null: servers have no DNS names. */
  readonly cloudflare: { readonly apiUrl: string; readonly apiToken: string } | null;
  readonly installation: string;
  readonly rebuildGraceSeconds: number;
  readonly bootTimeoutSeconds: number;
  /** The time zone of the daily statements. */
  readonly statementZone: string;
  readonly keptDays: KeptDays;
  /** Where VPN handshakes are sent instead of to the machines; null: to the machines. */
  readonly probeAt: Address | null;
}

/** Reads the configuration of a worker process. Throws ConfigError with every fault at once. */
export function workerConfig(env: Environment = process.env): WorkerConfig {
  const reading = readVariables(withProxyNames(env), 'worker');
  const { values } = reading;
  const secrets = readSecretsKeys(values, env);
  const { authorities, faults } = readAuthorities(values);
  const unset = required(reading, env, requiredVariables(values));
  const others = [...redisFaults(env), ...imageFaults(values), ...keptDaysFaults(values), ...unset, ...secrets.faults];
  // Only with payments does a worker name new servers, so only then it needs their domain.
  const combined = values.STRIPE_API_KEY === null ? [] : serviceFaults(values);
  assertNoFaults([...reading.faults, ...others, ...faults, ...combined]);
  const cloud = cloudConfig(values);
  return frozenWithoutSecrets({
    ...serviceConfig(values, { secretsKeys: secrets.keys, authorities, proxy: proxySettings(values, env) }),
    workerPort: values.WORKER_PORT,
    concurrency: given(values, 'WORKER_CONCURRENCY'),
    cloud,
    cloudflare: cloudflareConfig(values),
    installation: given(values, 'INSTALLATION'),
    rebuildGraceSeconds: given(values, 'REBUILD_GRACE_SECONDS'),
    bootTimeoutSeconds: given(values, 'BOOT_TIMEOUT_SECONDS'),
    statementZone: given(values, 'STATEMENT_ZONE'),
    keptDays: keptDays(values),
    probeAt: values.VPN_PROBE_AT ?? simulatedProbeAt(cloud),
  });
}

function requiredVariables({ CLOUD, DNS }: Values): VariableName[] {
  const key = requiredKey(CLOUD ?? 'simulator');
  const names: VariableName[] = [];
  if (key !== null) names.push(key);
  if (DNS === 'cloudflare') names.push('CLOUDFLARE_API_TOKEN');
  return names;
}

function cloudflareConfig(values: Values): WorkerConfig['cloudflare'] {
  if (given(values, 'DNS') === 'none') return null;
  return { apiUrl: given(values, 'CLOUDFLARE_API_URL'), apiToken: given(values, 'CLOUDFLARE_API_TOKEN') };
}
