import type { RefusedOperation } from './refused-operations.ts';

/** The pause after a 429 without a retry time. */
const defaultPauseMs = 5_000;
/** A new 429 within this time extends the previous limit: delayed jobs come back within seconds. */
const lullMs = 15_000;
/** Shorter limits are common and need no alert. */
const longLimitMs = 60_000;

export const rateLimitSubject = 'rate-limit';

/** The rate limit (429) of a service. */
export interface RateLimit {
  /** Records a 429. A shorter one never shortens the current limit. */
  extend(error: { readonly retryAfterMs: number | null; readonly message: string }): void;
  /** How long until calls are allowed again, in ms; 0: now. */
  waitMs(): number;
  /** The limit, once it lasts or will last for a minute; short breaks do not end it. null: none, or a shorter one. */
  refusal(): RefusedOperation | null;
}

/** `clock` is monotonic, in ms. */
export function createRateLimit(clock: () => number): RateLimit {
  let limit: { readonly since: number; readonly until: number; readonly message: string } | null = null;
  return {
    extend: ({ retryAfterMs, message }) => {
      const at = clock();
      const current = limit !== null && at <= limit.until + lullMs ? limit : null;
      limit = {
        since: current?.since ?? at,
        until: Math.max(current?.until ?? at, at + (retryAfterMs ?? defaultPauseMs)),
        message,
      };
    },
    waitMs: () => (limit === null ? 0 : Math.max(0, limit.until - clock())),
    refusal: () => {
      if (limit === null || limit.until - limit.since < longLimitMs || clock() > limit.until + lullMs) return null;
      const message = `limits the rate of calls: ${limit.message} Jobs wait, without using attempts.`;
      return { subject: rateLimitSubject, message, lasting: true };
    },
  };
}
