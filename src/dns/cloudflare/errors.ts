import type { ProviderFault } from '#queues/ports/provider.ts';
import { needsAPerson } from '#src/cloud/needs-a-person.ts';

/**
 * Faults by error code, for codes whose status would mislead: Cloudflare returns 400 for a malformed key. 60xx and 61xx
 * are about the request's headers, 91xx about its key.
 */
const meanings: readonly (readonly [RegExp, ProviderFault])[] = [
  [/^(6003|61\d\d|91\d\d|10000|10405|10502)$/, 'not-allowed'],
  [/^(971|10100|10429)$/, 'rate-limited'],
  // No route for the address: the API has changed, or APIs before it answer.
  [/^(7000|7003)$/, 'unavailable'],
];

/** Codes about one record or its name, whatever their words are. */
const aboutOneName = /^(1004|90\d\d|81\d{3})$/;

/**
 * The fault by the codes of "code: message; …", or by the words of a code that is not about one name; null: they are
 * unknown, and the status decides.
 */
export function meaningOf(message: string): ProviderFault | null {
  const codes = codesIn(message);
  const fault = meanings.find(([pattern]) => codes.some((code) => pattern.test(code)))?.[1];
  if (fault) return fault;
  return !codes.some((code) => aboutOneName.test(code)) && needsAPerson(message) ? 'not-allowed' : null;
}

/** Whether the record exists already, for example from another run. */
export function isDuplicate(message: string | null): boolean {
  return hasCode(message, ['81057', '81058']);
}

/** Whether the record does not exist. The status is not enough, since a proxy may return 404 too. */
export function isNotFound(_status: number, message: string | null): boolean {
  return hasCode(message, ['81044']);
}

/** Whether the zone does not exist. */
export function isZoneMissing(message: string | null): boolean {
  return hasCode(message, ['7003']);
}

/** Advice to append to the error message; an empty text if there is none. */
export function adviceOn(message: string | null): string {
  if (!hasCode(message, ['81045'])) return '';
  return ' The zone is full: have its limit raised (200 records on a free plan, 3500 on a paid one), or remove records. Each server uses two (A and AAAA).';
}

function hasCode(message: string | null, codes: readonly string[]): boolean {
  return message !== null && codesIn(message).some((code) => codes.includes(code));
}

function codesIn(message: string): string[] {
  return [...message.matchAll(/(?:^|; )(\d+)(?=: )/g)].map(([, code]) => code ?? '');
}
