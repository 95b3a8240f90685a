import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { CliError } from '#src/cli/cli-error.ts';
import type { Environment } from '#src/config/environment.ts';
import { replaceFile } from '#src/start/replace-file.ts';

/** One installation that somebody has signed in to. */
export interface Profile {
  readonly url: string;
  readonly key: string;
}

export interface ConfigFile {
  /** The name of the profile that a command uses if none is named; null: there is none. */
  readonly current: string | null;
  readonly profiles: Readonly<Record<string, Profile>>;
}

/** The path of the configuration of the person who runs the command. A relative XDG_CONFIG_HOME counts as not set. */
export function configPath({ XDG_CONFIG_HOME = '', HOME }: Environment): string {
  const folder = isAbsolute(XDG_CONFIG_HOME) ? XDG_CONFIG_HOME : join(HOME || homedir(), '.config');
  return join(folder, 'ghostifi', 'config.json');
}

/** The configuration; without a file, an empty one. Throws CliError for a file that others can read. */
export async function readConfig(path: string): Promise<ConfigFile> {
  const text = readOwnFile(path);
  if (text === null) return { current: null, profiles: {} };
  const { z } = await import('zod');
  const profile = z.object({ url: z.string(), key: z.string() });
  const shape = z.object({ current: z.string().nullable(), profiles: z.record(z.string(), profile) });
  try {
    return shape.parse(JSON.parse(text));
  } catch (cause) {
    throw new CliError('usage', `${path} is damaged. Delete it, and sign in again: ghostifi login.`, { cause });
  }
}

/** Only its owner can read the file: it holds the keys. */
export function writeConfig(path: string, config: ConfigFile): void {
  replaceFile(path, `${JSON.stringify(config, null, 2)}\n`);
}

/** The text of a file with secrets; null: there is none. Throws CliError if others can read it. */
export function readOwnFile(path: string): string | null {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return null;
  if ((mode & 0o077) !== 0 && process.platform !== 'win32')
    throw new CliError('usage', `Others can read ${path}, which holds a key. Run: chmod 600 ${path}`);
  return readFileSync(path, 'utf8');
}
