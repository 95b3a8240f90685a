import { randomBytes } from 'node:crypto';
import { apiConfig } from './api.ts';
import type { Environment } from './environment.ts';
import { ConfigError } from './read.ts';
import { isSet } from './secret-files.ts';
import { simulatorConfig } from './simulator.ts';
import type { VariableName } from './variables.ts';
import { workerConfig } from './worker.ts';

/** The faults that the processes of `npm start` would find in this environment, apart from what it provides itself. */
export function childFaults(env: Environment): string[] {
  const provided = { ...env, ...standIns(env) };
  const usesSimulator = ['', 'simulator'].includes(env.CLOUD?.trim() ?? '');
  const readers = [apiConfig, workerConfig, ...(usesSimulator ? [simulatorConfig] : [])];
  return readers.flatMap((read) => faultsOf(() => read(provided)));
}

/** Valid values for what `npm start` makes: its Redis, the file with its tokens, and the key. */
function standIns(env: Environment): Environment {
  const isGiven = (name: VariableName) => isSet(name, env);
  const ownsRedis = !isGiven('REDIS_URL') && !isGiven('REDIS_SENTINELS') && !isGiven('REDIS_MASTER');
  return {
    API_TOKENS_FILE: undefined,
    ...(!isGiven('API_TOKENS') && { API_TOKENS: `start:operator:${randomBytes(24).toString('hex')}` }),
    ...(ownsRedis && { REDIS_URL: 'redis://127.0.0.1' }),
    ...(!isGiven('SECRETS_KEY') && !isGiven('SECRETS_KEY_FILE') && { SECRETS_KEY: randomBytes(32).toString('base64') }),
  };
}

function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
