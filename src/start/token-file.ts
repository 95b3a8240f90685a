import { randomBytes } from 'node:crypto';
import { type Role, roles } from '#src/keys/presets.ts';
import { ensureFile, readIfExists } from './ensure-file.ts';
import { StartError } from './start-error.ts';

/** The secrets of a token file, by role. */
export type Secrets = Readonly<Record<Role, string>>;

/**
 * Returns the tokens in the file, one per role. If there is no file, it creates one, readable by its owner only.
 * Throws StartError if an existing file lacks a role.
 */
export function ensureTokenFile(file: string): Secrets {
  return secretsIn(file, ensureFile(file, newTokens));
}

/** The tokens in the file, one per role; null: there is no such file. Throws StartError if it lacks a role. */
export function readTokenFile(file: string): Secrets | null {
  const text = readIfExists(file);
  return text === null ? null : secretsIn(file, text);
}

function secretsIn(file: string, text: string): Secrets {
  const entries = text.split('\n').map((line) => line.trim().split(':'));
  const secretOf = (role: Role): string => {
    const [, , ...secret] = entries.find((entry) => entry[1] === role) ?? [];
    if (secret.length === 0)
      throw new StartError(
        `${file} has no token with the role ${role}. Add one, or delete the file to get new tokens.`,
      );
    return secret.join(':');
  };
  return { viewer: secretOf('viewer'), storefront: secretOf('storefront'), operator: secretOf('operator') };
}

function newTokens(): string {
  const lines = roles.map((role) => `${role}:${role}:${randomBytes(16).toString('hex')}`);
  return `# API tokens, one name:role:secret per line. Created once; delete the file to get new ones.\n${lines.join('\n')}\n`;
}
