import type { SealerKeys } from '#src/vpn/sealed.ts';
import type { Environment } from './environment.ts';
import { readAuthorities } from './outgoing.ts';
import { assertNoFaults, given, readNamed } from './read.ts';
import { readSecretsKeys, requireKeys } from './secrets-keys.ts';

/** The address of the database; migrate reads no other setting. Throws ConfigError. */
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

export interface BackupConfig {
  readonly databaseUrl: string;
  readonly backupFolder: string;
}

/** The settings of backup. Throws ConfigError. */
export function backupConfig(env: Environment = process.env): BackupConfig {
  const { values, faults } = readNamed(env, ['DATABASE_URL', 'BACKUP_FOLDER']);
  assertNoFaults(faults);
  return { databaseUrl: given(values, 'DATABASE_URL'), backupFolder: given(values, 'BACKUP_FOLDER') };
}

interface KeysConfig {
  readonly databaseUrl: string;
  readonly secretsKeys: SealerKeys;
}

/** The settings of rotate-secrets, which seals all secrets with a new key. Throws ConfigError. */
export function rotateConfig(env: Environment = process.env): KeysConfig {
  const { values, faults } = readNamed(env, ['DATABASE_URL', 'SECRETS_KEY', 'SECRETS_KEY_OLD', 'SECRETS_KEY_FILE']);
  const secrets = readSecretsKeys(values, env);
  assertNoFaults([...faults, ...secrets.faults]);
  return { databaseUrl: given(values, 'DATABASE_URL'), secretsKeys: requireKeys(secrets.keys) };
}

export type RestoreConfig = BackupConfig & KeysConfig;

/** The settings of restore, which opens every secret of the backup. Throws ConfigError. */
export function restoreConfig(env: Environment = process.env): RestoreConfig {
  return { ...backupConfig(env), ...rotateConfig(env) };
}
