import type { SealerKeys } from '#src/vpn/sealed.ts';
import type { Environment } from './environment.ts';
import { readAuthorities } from './outgoing.ts';
import { assertNoFaults, given, readNamed } from './read.ts';
import { readSecretsKeys, requireKeys } from './secrets-keys.ts';

/** The address of the database; the commands migrate and backup read no other setting. Throws ConfigError. */
export function databaseUrl(env: Environment = process.env): string {
  const { values, faults } = readNamed(env, ['DATABASE_URL']);
  assertNoFaults(faults);
  return given(values, 'DATABASE_URL');
}

/** The certificates of CA_FILE, for commands that open the database. Throws ConfigError. */
export function ownAuthorities(env: Environment = process.env): readonly string[] {
  const { authorities, faults } = readAuthorities(readNamed(env, ['CA_FILE']).values);
  assertNoFaults(faults);
  return authorities;
}

/** The settings of rotate-secrets, which seals all secrets with a new key. Throws ConfigError. */
export function rotateConfig(env: Environment = process.env): { databaseUrl: string; secretsKeys: SealerKeys } {
  const { values, faults } = readNamed(env, ['DATABASE_URL', 'SECRETS_KEY', 'SECRETS_KEY_OLD', 'SECRETS_KEY_FILE']);
  const secrets = readSecretsKeys(values, env);
  assertNoFaults([...faults, ...secrets.faults]);
  return { databaseUrl: given(values, 'DATABASE_URL'), secretsKeys: requireKeys(secrets.keys) };
}

/** The address of this installation's API, and the file with its tokens. Throws ConfigError. */
export function localApiConfig(env: Environment = process.env): { host: string; port: number; tokenFile: string } {
  const { values, faults } = readNamed(env, ['HOST', 'PORT', 'API_TOKENS_FILE']);
  assertNoFaults(faults);
  const tokenFile = values.API_TOKENS_FILE ?? 'data/api-tokens';
  return { host: given(values, 'HOST'), port: given(values, 'PORT'), tokenFile };
}
