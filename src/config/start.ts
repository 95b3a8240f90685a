import type { Environment } from './environment.ts';
import { assertNoFaults, given, readVariables } from './read.ts';

/** The settings of `npm start` itself. The processes that it starts read the same environment. */
export interface StartConfig {
  readonly env: Environment;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** null: a real cloud is used. */
  readonly simulatorPort: number | null;
  /** Customers pay at the simulated Stripe; otherwise at the one that STRIPE_API_KEY opens, or not at all. */
  readonly simulatesStripe: boolean;
  readonly databaseUrl: string;
  /** null: `npm start` starts its own Redis. */
  readonly redisUrl: string | null;
  /** The file with the SECRETS_KEY that `npm start` creates; null: the environment sets the key. */
  readonly secretsKeyFile: string | null;
  readonly shutdownGraceSeconds: number;
  readonly logLevel: string;
}

/** Reads the configuration of `npm start`, which keeps all its files in `dataDir`. Throws ConfigError. */
export function startConfig(dataDir: string, env: Environment = process.env): StartConfig {
  const { values, faults } = readVariables(env, 'start');
  assertNoFaults(faults);
  const simulatorPort = given(values, 'CLOUD') === 'simulator' ? given(values, 'SIMULATOR_PORT') : null;
  return {
    env,
    dataDir,
    host: given(values, 'HOST'),
    port: given(values, 'PORT'),
    simulatorPort,
    simulatesStripe: simulatorPort !== null && !env.STRIPE_API_KEY?.trim(),
    databaseUrl: env.DATABASE_URL ? given(values, 'DATABASE_URL') : `file:${dataDir}/ghostifi.db`,
    redisUrl: values.REDIS_URL,
    secretsKeyFile: env.SECRETS_KEY || env.SECRETS_KEY_FILE ? null : `${dataDir}/secrets-key`,
    shutdownGraceSeconds: given(values, 'SHUTDOWN_GRACE_SECONDS'),
    logLevel: given(values, 'LOG_LEVEL'),
  };
}
