import { ProviderError } from '#queues/ports/provider.ts';
import { ProviderResponseError } from './provider-response-error.ts';

/** What the call answers; null where it is refused in words that say there is no such machine. */
export async function unlessAbsent<T>(
  call: Promise<T>,
  saysAbsent: (status: number, message: string | null) => boolean,
): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderResponseError && saysAbsent(error.status, error.providerMessage)) return null;
    throw error;
  }
}

/**
 * Where a machine with a number for an id is. Throws `rejected` for what is no number: without one, or with a query in
 * it, the path could address every machine, or all with a tag.
 */
export function numberedPath(folder: string, id: string): string {
  if (/^[1-9]\d{0,15}$/.test(id)) return `${folder}/${id}`;
  throw new ProviderError('rejected', `"${id}" cannot be the id of a machine.`);
}
