import { ConfigError } from '#src/config/read.ts';
import { secretsKey } from '../../secrets-key.ts';

/** The minimum for a worker with the simulator. */
export const workerEnv = { REDIS_URL: 'redis://127.0.0.1:6379', SECRETS_KEY: secretsKey };
/** The minimum for an API process. */
export const apiEnv = { ...workerEnv, API_TOKENS: 'shop:storefront:a-secret-of-the-shop-0001' };

/** The faults of the ConfigError that `read` throws, or none if it does not throw. */
export function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
