const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** The delays before the ten attempts of a delivery. */
const delaysMs = [
  0,
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
] as const;
/** Deliveries that failed together do not come back together. */
const jitter = 0.2;
/** An endpoint cannot ask for a longer pause. */
const longestRetryAfterMs = hourMs;

export interface Failure {
  /** Attempts up to now, with the failed one. */
  readonly attempts: number;
  /** What the endpoint asks for; null: nothing. */
  readonly retryAfterMs: number | null;
  readonly now: Date;
  readonly random?: () => number;
}

/** The next attempt after a failure; null: that was the last one. */
export function nextAttempt({ attempts, retryAfterMs, now, random = Math.random }: Failure): Date | null {
  const delayMs = delaysMs[attempts];
  if (delayMs === undefined) return null;
  const asked = Math.min(retryAfterMs ?? 0, longestRetryAfterMs);
  return new Date(now.getTime() + Math.max(spread(delayMs, random), asked));
}

/**
 * When an endpoint is tried again that has failed so many times in a row, of which `before` were before the first probe:
 * the delays are those of one delivery.
 */
export function nextProbe(
  failures: number,
  {
    before,
    now,
    random = Math.random,
  }: { readonly before: number; readonly now: Date; readonly random?: () => number },
): Date {
  const step = Math.min(Math.max(failures - before + 1, 1), delaysMs.length - 1);
  return new Date(now.getTime() + spread(delaysMs[step] ?? 0, random));
}

function spread(delayMs: number, random: () => number): number {
  return Math.round(delayMs * (1 - jitter + 2 * jitter * random()));
}
