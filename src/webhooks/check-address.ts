import type { LookupFunction } from 'node:net';
import { AddressRefusedError, assertPublicLiteral, guardedLookup } from './public-address.ts';

const answerWithinMs = 3_000;

/**
 * Throws AddressRefusedError if an attempt would be refused now. A name that cannot be looked up here passes: each
 * attempt looks again.
 */
export async function checkAddress(
  url: string,
  privateAddresses: 'allow' | 'refuse',
  lookup?: LookupFunction,
): Promise<void> {
  if (privateAddresses === 'allow') return;
  const target = new URL(url);
  if (target.protocol !== 'https:') throw new AddressRefusedError('only https addresses get news.');
  assertPublicLiteral(target);
  const { promise, resolve } = Promise.withResolvers<Error | null>();
  guardedLookup(lookup)(target.hostname, { all: true }, (error) => resolve(error));
  const timeout = setTimeout(() => resolve(null), answerWithinMs);
  const error = await promise.finally(() => clearTimeout(timeout));
  if (error instanceof AddressRefusedError) throw error;
}
