/** Caps a wait, so that a wrong header cannot stop a queue for a year. */
const maxWaitMs = 3_600_000;

/**
 * A Retry-After header (RFC 9110 §10.2.3: seconds, or an HTTP date) as a wait from `now`, in ms, at most an hour.
 * undefined: there is no header, or it holds neither.
 */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  if (text === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime();
  return Number.isNaN(wait) ? undefined : bounded(wait);
}

/** A RateLimit-Reset header that holds seconds since 1970, as a wait from `now`, like `retryAfterMs`. */
export function resetMs(header: string | null, now: Date): number | undefined {
  const text = header?.trim() ?? '';
  return /^\d+$/.test(text) ? bounded(Number(text) * 1000 - now.getTime()) : undefined;
}

function bounded(waitMs: number): number {
  return Math.ceil(Math.min(Math.max(waitMs, 0), maxWaitMs));
}
