import type { SealerKeys } from '#src/vpn/sealed.ts';
import { assertSound, type Environment, given, readNamed } from './read.ts';
import { readSecretsKeys, requireKeys } from './secrets-keys.ts';

/** What the command that seals the secrets anew is told. Throws ConfigError. */
export function rotateConfig(env: Environment = process.env): { databaseUrl: string; secretsKeys: SealerKeys } {
  const { values, faults } = readNamed(env, ['DATABASE_URL', 'SECRETS_KEY', 'SECRETS_KEY_OLD', 'SECRETS_KEY_FILE']);
  const secrets = readSecretsKeys(values, env);
  assertSound([...faults, ...secrets.faults]);
  return { databaseUrl: given(values, 'DATABASE_URL'), secretsKeys: requireKeys(secrets.keys) };
}

/** Where the API of this installation answers, and where its tokens are. Throws ConfigError. */
export function apiHere(env: Environment = process.env): { host: string; port: number; tokenFile: string } {
  const { values, faults } = readNamed(env, ['HOST', 'PORT', 'API_TOKENS_FILE']);
  assertSound(faults);
  const tokenFile = values.API_TOKENS_FILE ?? 'data/api-tokens';
  return { host: given(values, 'HOST'), port: given(values, 'PORT'), tokenFile };
}
