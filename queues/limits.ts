import type { JobKind } from '#db/model.ts';

/** Ours alone: what a job in Redis says about its own attempts is not believed. */
export const attemptsOf = {
  create: 10,
  rebuild: 10,
  destroy: Number.MAX_SAFE_INTEGER,
  retire: Number.MAX_SAFE_INTEGER,
} as const satisfies Record<JobKind, number>;

/** Create and rebuild fail for good this long after their release: by then the customer wants to know. */
export const createDeadlineMs = 60 * 60_000;

/** A job is parked when this many crashes in a row brought it no further. */
export const crashesUntilParked = 5;
/** From then on it runs in quarantine: what only died along with another is not to be parked with it. */
export const crashesUntilSuspected = 3;

const firstRetryMs = 2_000;
export const longestRetryMs = 2 * 60_000;

/** Exponential, capped, and spread over its upper half so that jobs that failed together do not return together. */
export function retryDelayMs(attemptsMade: number, random: () => number = Math.random): number {
  // The count comes from Redis and may be anything.
  const attempt = Math.max(attemptsMade || 1, 1);
  const full = Math.min(firstRetryMs * 2 ** Math.min(attempt - 1, 30), longestRetryMs);
  return Math.round(full * (0.5 + random() / 2));
}

/** A releaser publishes its job at once. The sweeper leaves the job to it for this long, and then takes it for lost. */
export const publishedWithinMs = 2_000;

/** How long jobs are put off when the provider or the DNS refuses what a person has to mend. */
export const notAllowedPauseMs = 60_000;

/** A killed worker's job is taken over after at most lockDuration + 2 × stalledInterval: 14 s. */
export const lockDurationMs = 10_000;
export const stalledIntervalMs = 2_000;

export const keptCompletedJobs = 1_000;
export const keptFailedJobs = 5_000;
