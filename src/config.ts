import { inspect } from 'node:util';
import { type CloudName, clouds } from './cloud/clouds.ts';
import { type CloudConfig, cloudOf, imageFaults, requiredKeyOf } from './config/cloud.ts';
import { type Address, simulatedProbeAt } from './config/probe-at.ts';
import {
  assertSound,
  ConfigError,
  type Environment,
  given,
  readNamed,
  readVariables,
  required,
} from './config/read.ts';
import { readSecretsKeys, requireKeys } from './config/secrets-keys.ts';
import { readTokens } from './config/token-sources.ts';
import type { Token } from './config/tokens.ts';
import { type DnsName, type Values, type VariableName, variables } from './config/variables.ts';
import { type SimulatorOptions, simulatorOptions } from './simulator/options.ts';
import type { SealerKeys } from './vpn/sealed.ts';

export type { Role, Token } from './config/tokens.ts';
export { ConfigError };

interface CommonConfig {
  readonly host: string;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly secretsKeys: SealerKeys;
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

export interface ApiConfig extends CommonConfig {
  readonly port: number;
  /** The provider that new servers are made at. */
  readonly provider: CloudName;
  readonly domain: string;
  /** `none`: customers connect to addresses, since nobody keeps the servers' names. */
  readonly dns: DnsName;
  readonly defaultPlan: string;
  readonly maxServers: number | null;
  readonly tokens: readonly Token[];
  readonly rateLimitPerMinute: number;
  readonly rateLimitPerAddress: number;
  readonly trustProxy: number;
}

export interface WorkerConfig extends CommonConfig {
  readonly workerPort: number | null;
  readonly concurrency: number;
  readonly cloud: CloudConfig;
  /** null: nobody keeps the servers' names. */
  readonly cloudflare: { readonly apiUrl: string; readonly apiToken: string } | null;
  readonly installation: string;
  readonly rebuildGraceSeconds: number;
  readonly bootTimeoutSeconds: number;
  /** Where handshakes go instead of to the machines; null: to the machines. */
  readonly probeAt: Address | null;
}

/** What the all-in-one run needs to know before it starts the others, which read the same environment. */
export interface StartConfig {
  readonly env: Environment;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** null: machines are made at a real cloud. */
  readonly simulatorPort: number | null;
  readonly databaseUrl: string;
  /** null: it starts a Redis of its own. */
  readonly redisUrl: string | null;
  /** Where it keeps a SECRETS_KEY of its own; null: the environment says which one there is. */
  readonly secretsKeyFile: string | null;
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

/** These may hold secrets, and are left out where the configuration is printed. */
const secretFields = new Set(['databaseUrl', 'redisUrl', 'tokens', 'cloud', 'cloudflare', 'secretsKeys']);

/** What the simulator is told by the environment: SIMULATOR_* and LOG_LEVEL. Throws SimulatorSettingsError, ConfigError. */
export function simulatorConfig(env: Environment = process.env): SimulatorOptions & { readonly logLevel: string } {
  const { values, faults } = readNamed(env, ['LOG_LEVEL']);
  assertSound(faults);
  return { ...simulatorOptions(env), logLevel: given(values, 'LOG_LEVEL') };
}

/** What any program needs of the shell to run, and none of our own settings. */
export function bareEnvironment({ PATH, HOME, TMPDIR, LD_LIBRARY_PATH }: Environment = process.env): Environment {
  return { PATH, HOME, TMPDIR, LD_LIBRARY_PATH };
}

/** What the API process is told by the environment. Throws ConfigError with every fault at once. */
export function apiConfig(env: Environment = process.env): ApiConfig {
  const reading = readVariables(env, 'api');
  const { values } = reading;
  const { tokens, faults } = readTokens(values);
  const secrets = readSecretsKeys(values, env);
  const needed = required(reading, env, ['REDIS_URL']);
  assertSound([...reading.faults, ...needed, ...faults, ...secrets.faults, ...domainFaults(values)]);
  return sealed({
    ...commonOf(values, secrets.keys),
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

/** What a worker process is told by the environment. Throws ConfigError with every fault at once. */
export function workerConfig(env: Environment = process.env): WorkerConfig {
  const reading = readVariables(env, 'worker');
  const { values } = reading;
  const key = requiredKeyOf(values.CLOUD ?? 'simulator');
  const secrets = readSecretsKeys(values, env);
  const needed: VariableName[] = ['REDIS_URL'];
  if (key !== null) needed.push(key);
  if (values.DNS === 'cloudflare') needed.push('CLOUDFLARE_API_TOKEN');
  assertSound([...reading.faults, ...imageFaults(values), ...required(reading, env, needed), ...secrets.faults]);
  return sealed({
    ...commonOf(values, secrets.keys),
    workerPort: values.WORKER_PORT,
    concurrency: given(values, 'WORKER_CONCURRENCY'),
    cloud: cloudOf(values),
    cloudflare: cloudflareOf(values),
    installation: given(values, 'INSTALLATION'),
    rebuildGraceSeconds: given(values, 'REBUILD_GRACE_SECONDS'),
    bootTimeoutSeconds: given(values, 'BOOT_TIMEOUT_SECONDS'),
    probeAt: values.VPN_PROBE_AT ?? simulatedProbeAt(cloudOf(values)),
  });
}

/** What `npm start` is told by the environment. Everything it keeps goes into `dataDir`. Throws ConfigError. */
export function startConfig(dataDir: string, env: Environment = process.env): StartConfig {
  const { values, faults } = readVariables(env, 'start');
  assertSound(faults);
  const databaseUrl = env.DATABASE_URL ? given(values, 'DATABASE_URL') : `file:${dataDir}/ghostifi.db`;
  return {
    env,
    dataDir,
    host: given(values, 'HOST'),
    port: given(values, 'PORT'),
    simulatorPort: given(values, 'CLOUD') === 'simulator' ? given(values, 'SIMULATOR_PORT') : null,
    databaseUrl,
    redisUrl: values.REDIS_URL,
    secretsKeyFile: env.SECRETS_KEY || env.SECRETS_KEY_FILE ? null : `${dataDir}/secrets-key`,
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}

/** Where the database is: all that the commands migrate and backup are told. Throws ConfigError. */
export function databaseUrl(env: Environment = process.env): string {
  const { values, faults } = readNamed(env, ['DATABASE_URL']);
  assertSound(faults);
  return given(values, 'DATABASE_URL');
}

/** Nobody has a zone for the fallback: machines would be bought that never get their names. */
function domainFaults({ DNS, CLOUD, DOMAIN }: Values): string[] {
  if (DNS !== 'cloudflare' || CLOUD === 'simulator' || DOMAIN !== variables.DOMAIN.fallback) return [];
  return [`DOMAIN must be a domain whose zone is at Cloudflare, since DNS is cloudflare; it is not set, or ${DOMAIN}.`];
}

function cloudflareOf(values: Values): WorkerConfig['cloudflare'] {
  if (given(values, 'DNS') === 'none') return null;
  return { apiUrl: given(values, 'CLOUDFLARE_API_URL'), apiToken: given(values, 'CLOUDFLARE_API_TOKEN') };
}

function commonOf(values: Values, secretsKeys: SealerKeys | null): CommonConfig {
  return {
    host: given(values, 'HOST'),
    databaseUrl: given(values, 'DATABASE_URL'),
    redisUrl: given(values, 'REDIS_URL'),
    secretsKeys: requireKeys(secretsKeys),
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}

/** Freezes the configuration and makes it safe to print. */
function sealed<C extends CommonConfig>(config: C): C {
  const shown = () =>
    Object.fromEntries(Object.entries(config).map(([name, value]) => [name, secretFields.has(name) ? '[…]' : value]));
  Object.defineProperty(config, 'toJSON', { value: shown });
  Object.defineProperty(config, inspect.custom, { value: shown });
  for (const value of Object.values(config)) if (typeof value === 'object') Object.freeze(value);
  return Object.freeze(config);
}
