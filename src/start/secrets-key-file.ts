import { randomBytes } from 'node:crypto';
import { ensureFile } from './ensure-file.ts';

/** Creates the SECRETS_KEY of a new installation in the file, unless the file exists. */
export function ensureSecretsKeyFile(file: string): void {
  ensureFile(
    file,
    () =>
      `# SECRETS_KEY: decrypts the VPN keys in the database. Keep a copy elsewhere; without it they are lost.\n${randomBytes(32).toString('base64')}\n`,
  );
}
