import { OperatorError } from '#db/errors.ts';
import type { Environment } from './environment.ts';
import { accessVariables } from './variables/access.ts';
import { processVariables } from './variables/process.ts';
import type { Variable } from './variables/variable.ts';

/**
 * The address of this installation's API, and the file with its tokens. Throws OperatorError. It does not load the
 * variables of the clouds: that would take longer than the rest of a command.
 */
export function localApiConfig(env: Environment): { host: string; port: number; tokenFile: string } {
  const { HOST, PORT } = processVariables;
  const { API_TOKENS_FILE } = accessVariables;
  return {
    host: read('HOST', HOST, env),
    port: read('PORT', PORT, env),
    tokenFile: read('API_TOKENS_FILE', { ...API_TOKENS_FILE, fallback: 'data/api-tokens' }, env),
  };
}

function read<T>(name: string, { schema, fallback, mustBe }: Variable<T>, env: Environment): T {
  const result = schema.safeParse(env[name]?.trim() || fallback);
  if (result.success) return result.data;
  throw new OperatorError(`${name} must be ${mustBe}.`);
}
