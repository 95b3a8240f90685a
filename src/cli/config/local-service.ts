import { resolve } from 'node:path';
import { CliError } from '#src/cli/cli-error.ts';
import type { Terminal } from '#src/cli/terminal.ts';
import { localApiConfig } from '#src/config/commands.ts';
import { localUrl } from '#src/start/local-url.ts';
import { readTokenFile } from '#src/start/token-file.ts';
import type { Profile } from './config-file.ts';

/** The service of this folder with its operator's token, such as that of `npm start`; null: there is none. */
export function localService({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): Profile | null {
  const { tokenFile, ...api } = localApiConfig(env);
  const tokens = readTokens(resolve(cwd, tokenFile));
  return tokens && { url: localUrl(api), key: tokens.operator };
}

/** Throws CliError for a file of another user. */
function readTokens(file: string): ReturnType<typeof readTokenFile> {
  try {
    return readTokenFile(file);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EACCES')) throw cause;
    throw new CliError('usage', `This user may not read ${file}. Use --url and --key-file, or sign in.`, { cause });
  }
}
