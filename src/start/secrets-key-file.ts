import { randomBytes } from 'node:crypto';
import { ensureFile } from './ensure-file.ts';

/** Makes the SECRETS_KEY of a new installation in the file, once. */
export function ensureSecretsKeyFile(file: string): void {
  ensureFile(
    file,
    () =>
      `# SECRETS_KEY: opens the VPN keys in the database. Keep a copy elsewhere; without it they are lost.\n${randomBytes(32).toString('base64')}\n`,
  );
}
