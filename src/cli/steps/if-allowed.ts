import type { Answer } from '#src/cli/api/api.ts';
import { ApiError } from '#src/cli/api/api-error.ts';

/** null: this key may not make the call, or a part of the service does not answer. */
export async function ifAllowed<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && [403, 503].includes(error.status)) return null;
    throw error;
  }
}

/** The body of the answer; null as above. */
export async function bodyIfAllowed<T>(call: Promise<Answer<T>>): Promise<T | null> {
  return (await ifAllowed(call))?.body ?? null;
}
