import { ProviderError } from '#queues/ports/provider.ts';
import { ProviderResponseError } from './provider-response-error.ts';

/** The result of the call; null if its error says that the machine does not exist. */
export async function nullIfNotFound<T>(
  call: Promise<T>,
  isNotFound: (status: number, message: string | null) => boolean,
): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderResponseError && isNotFound(error.status, error.providerMessage)) return null;
    throw error;
  }
}

/**
 * The path of a machine with a numeric id. Throws `rejected` for any other id: an empty id, or one that contains a
 * query, could address all machines.
 */
export function numberedPath(folder: string, id: string): string {
  if (/^[1-9]\d{0,15}$/.test(id)) return `${folder}/${id}`;
  throw new ProviderError('rejected', `"${id}" cannot be the id of a machine.`);
}
