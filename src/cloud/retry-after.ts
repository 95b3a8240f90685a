/** Longer waits are cut to this: a provider's odd header must not put a queue to sleep for a year. */
const LONGEST_WAIT_MS = 3_600_000;

/**
 * A Retry-After header (RFC 9110 §10.2.3: seconds, or an HTTP date) as a wait from `now`, in ms, at most an hour.
 * undefined: there is none, or it says neither.
 */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  if (Number.isNaN(wait)) return undefined;
  return Math.ceil(Math.min(Math.max(wait, 0), LONGEST_WAIT_MS));
}
