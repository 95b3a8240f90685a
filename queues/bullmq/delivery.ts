import { lockDurationMs } from '#queues/limits.ts';
import type { Run } from '#queues/run/run.ts';
import type { QueuedJob } from './connection.ts';
import { countOf } from './crashes.ts';
import { parseProgress } from './progress.ts';

/** The facts of a delivery that the job itself does not hold. */
export interface Delivery {
  readonly token: string;
  /** How often a worker died while it ran the job. */
  readonly crashes: number;
  /** The `run_id` of the Redis that delivers the job; null: unknown. */
  readonly redisLife: string | null;
  readonly reportProgress: Run['reportProgress'];
}

/** Turns BullMQ's delivery of a job into a Run. Checks every number that Redis holds. */
export function runFromDelivery(
  job: QueuedJob,
  { token, crashes, redisLife, reportProgress }: Delivery,
  signal: AbortSignal,
): Run {
  return {
    id: job.id ?? '',
    attemptsMade: countOf(job.attemptsMade),
    attemptsStarted: countOf(job.attemptsStarted),
    crashes,
    progress: parseProgress(job.progress, crashes),
    publishedAtRelease: job.data?.publishedBy === 'release' && redisLife !== null && job.data.redisLife === redisLife,
    signal,
    extendLock: async () => (await job.extendLock(token, lockDurationMs)) === 1,
    reportProgress,
  };
}
