import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError } from '#src/cli/cli-error.ts';
import type { Terminal } from '#src/cli/terminal.ts';
import { configPath, type Profile, readConfig } from './config-file.ts';

/** The flags that choose an installation. */
export type TargetFlags = {
  readonly url?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly profile?: string | undefined;
};

/** The API that a command calls. */
export interface Target {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string;
}

/**
 * Finds the API and the key: flags, then environment, then the profile, then the service of this folder. A key that
 * belongs to a profile or to this folder is sent to no other address. Throws CliError if one is missing.
 */
export async function findTarget(flags: TargetFlags, { env, cwd }: Pick<Terminal, 'env' | 'cwd'>): Promise<Target> {
  const given = flags.url ?? (env.GHOSTIFI_URL || undefined);
  const keyFile = flags.keyFile ?? (env.GHOSTIFI_KEY_FILE || undefined);
  if (given !== undefined && keyFile !== undefined) return { url: urlIn(given), key: keyIn(keyFile, cwd) };
  const own = await ownProfile(flags, { env, cwd });
  const url = given === undefined ? (own?.url ?? noAddress()) : urlIn(given);
  if (keyFile !== undefined) return { url, key: keyIn(keyFile, cwd) };
  if (own && url === own.url) return { url, key: own.key };
  throw new CliError('usage', `There is no key for ${url}. Sign in (ghostifi login --url ${url}), or use --key-file.`);
}

/** The address without a slash at the end. Throws CliError. */
export function urlIn(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new CliError('usage', `"${text}" is not the address of an API. One looks like https://vpn.example.com.`);
  if (url.username !== '' || url.password !== '')
    throw new CliError('usage', 'The address contains a password. Keys belong into a file: use --key-file, or login.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The profile that is named, else the current one, else the service of this folder; null: there is none. */
async function ownProfile(flags: TargetFlags, where: Pick<Terminal, 'env' | 'cwd'>): Promise<Profile | null> {
  const path = configPath(where.env);
  const { current, profiles } = await readConfig(path);
  const named = flags.profile ?? (where.env.GHOSTIFI_PROFILE || undefined);
  const name = named ?? current;
  if (name !== null && Object.hasOwn(profiles, name)) return profiles[name] ?? null;
  if (named !== undefined)
    throw new CliError(
      'usage',
      `${path} has no profile "${named}". It has: ${Object.keys(profiles).join(', ') || 'none'}.`,
    );
  return (await import('./local-service.ts')).localService(where);
}

function noAddress(): never {
  throw new CliError(
    'usage',
    'No service is known here. Sign in to one (ghostifi login --url https://…), set GHOSTIFI_URL and GHOSTIFI_KEY_FILE, or run this in the folder where npm start runs.',
  );
}

/** The only line of the file or, in a file of tokens such as `data/api-tokens`, the operator's. Throws CliError. */
function keyIn(file: string, cwd: string): string {
  const path = resolve(cwd, file);
  try {
    const text = readFileSync(path, 'utf8');
    return operatorIn(text) ?? oneKey(text, path);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError('usage', `The key file ${path} cannot be read.`, { cause });
  }
}

/** null: this is no file of tokens, which has `name:role:secret` a line. */
function operatorIn(text: string): string | null {
  return /^[a-z0-9-]+:operator:([\x21-\x7e]+)$/m.exec(text)?.[1] ?? null;
}

/** The key in a text of one line. Throws CliError, without the text. */
export function oneKey(text: string, source: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new CliError('usage', `${source} must hold one key and nothing else.`);
}
