import { clouds } from '#src/cloud/clouds.ts';
import { childFaults } from './child-faults.ts';
import type { Environment } from './environment.ts';
import { assertNoFaults, given, readVariables } from './read.ts';
import { isSet } from './secret-files.ts';

/** The settings of `npm start` itself. Each process that it starts gets its own variables of `env`. */
export interface StartConfig {
  readonly env: Environment;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** The name of the cloud for use in a sentence. */
  readonly cloudTitle: string;
  /** null: a real cloud is used. */
  readonly simulatorPort: number | null;
  /** Customers pay at the simulated Stripe; otherwise at the one that STRIPE_API_KEY opens, or not at all. */
  readonly simulatesStripe: boolean;
  readonly databaseUrl: string;
  /** Whether `npm start` starts its own Redis, since the environment names none. */
  readonly ownsRedis: boolean;
  /** The file with the SECRETS_KEY that `npm start` creates; null: the environment sets the key. */
  readonly secretsKeyFile: string | null;
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

/**
 * Reads the configuration of `npm start`, which keeps all its files in `dataDir`. Throws ConfigError with every fault at
 * once, also with those of the processes that it starts.
 */
export function startConfig(dataDir: string, env: Environment = process.env): StartConfig {
  const { values, faults } = readVariables(env, 'start');
  assertNoFaults([...new Set([...faults, ...childFaults(env)])]);
  const simulatorPort = given(values, 'CLOUD') === 'simulator' ? given(values, 'SIMULATOR_PORT') : null;
  return {
    env,
    dataDir,
    host: given(values, 'HOST'),
    port: given(values, 'PORT'),
    cloudTitle: clouds[given(values, 'CLOUD')].title,
    simulatorPort,
    simulatesStripe: simulatorPort !== null && !isSet('STRIPE_API_KEY', env),
    databaseUrl: isSet('DATABASE_URL', env) ? given(values, 'DATABASE_URL') : `file:${dataDir}/ghostifi.db`,
    ownsRedis: values.REDIS_URL === null && values.REDIS_SENTINELS === null,
    secretsKeyFile: isSet('SECRETS_KEY', env) || isSet('SECRETS_KEY_FILE', env) ? null : `${dataDir}/secrets-key`,
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}
