import { resolve } from 'node:path';
import { OperatorError } from '#db/errors.ts';
import { CliError } from '#src/cli/cli-error.ts';
import type { Terminal } from '#src/cli/terminal.ts';
import { localApiConfig } from '#src/config/local-api.ts';
import { localUrl } from '#src/start/local-url.ts';
import { readTokenFile } from '#src/start/token-file.ts';
import type { Profile } from './config-file.ts';

/**
 * The service of this folder with its operator's token, such as that of `npm start`; null: there is none. Throws CliError
 * for a wrong variable, and for a token file that is incomplete or of another user.
 */
export function localService({ env, cwd }: Pick<Terminal, 'env' | 'cwd'>): Profile | null {
  try {
    const { tokenFile, ...api } = localApiConfig(env);
    const tokens = readTokenFile(resolve(cwd, tokenFile));
    return tokens && { url: localUrl(api), key: tokens.operator };
  } catch (cause) {
    throw new CliError('usage', reasonOf(cause), { cause });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof OperatorError) return error.message;
  if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
  return `This user may not read the tokens of this folder (${error.message}). Use --url and --key-file, or sign in.`;
}
