import type { JobKind } from '#db/model.ts';

/** Attempts until a job fails for good. The number that Redis holds in the job is not trusted. */
export const attemptsOf = {
  create: 10,
  rebuild: 10,
  suspend: Number.MAX_SAFE_INTEGER,
  resume: 10,
  destroy: Number.MAX_SAFE_INTEGER,
  retire: Number.MAX_SAFE_INTEGER,
} as const satisfies Record<JobKind, number>;

/** A create, rebuild or resume fails for good this long after its release, so that its customer is not left waiting. */
export const createDeadlineMs = 60 * 60_000;

/** The most machines that are ordered for one job, until an operator resumes orders. */
export const machinesPerJob = 3;
/** Orders stop where so many of the provider's last new machines never answered, until an operator resumes them. */
export const lastMachines = 10;
export const silentUntilStopped = 6;

/** A job is parked after this many crashes in a row without progress. */
export const crashesUntilParked = 5;
/** From then on a job runs in quarantine, so that no job is parked for the crashes that another one caused. */
export const crashesUntilSuspected = 3;

const firstRetryMs = 2_000;
export const longestRetryMs = 2 * 60_000;

/** Exponential and capped. Jobs that failed together are spread over the upper half of the delay. */
export function retryDelayMs(attemptsMade: number, random: () => number = Math.random): number {
  // The count comes from Redis and may be any value.
  const attempt = Math.max(attemptsMade || 1, 1);
  const full = Math.min(firstRetryMs * 2 ** Math.min(attempt - 1, 30), longestRetryMs);
  return Math.round(full * (0.5 + random() / 2));
}

/** A releaser publishes its job at once. The sweeper ignores the job for this long, and then treats it as lost. */
export const publishedWithinMs = 2_000;

/** How long jobs are delayed when the provider or the DNS refuses something that a person has to fix. */
export const notAllowedPauseMs = 60_000;

/** How long a look is delayed when Stripe does not answer. When it does again, everything is right within minutes. */
export const paymentsOutagePauseMs = 30_000;
/** How long a look is delayed when Stripe limits calls and does not say for how long. */
export const busyServicePauseMs = 5_000;

/** How long a job is delayed when its plan is sold out at its location. */
export const capacityPauseMs = 60_000;

/** How long a job is delayed when its worker cannot send handshakes: another worker may be able to. */
export const probeBlockedPauseMs = 15_000;

/** Another worker takes over the job of a killed one after at most lockDuration + 2 × stalledInterval: 14 s. */
export const lockDurationMs = 10_000;
export const stalledIntervalMs = 2_000;

export const keptCompletedJobs = 1_000;
export const keptFailedJobs = 5_000;
