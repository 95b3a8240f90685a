import { hostname } from 'node:os';
import { MetricsTime, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { keptCompletedJobs, keptFailedJobs, lockDurationMs, retryDelayMs, stalledIntervalMs } from '#queues/limits.ts';
import type { Log } from '#queues/ports/log.ts';
import type { JobData, QueuedJob } from './connection.ts';
import { redisErrorText } from './redis-error.ts';

export type BullWorker = Worker<JobData, string>;

export interface BullWorkerOptions {
  /** The name of the queue. */
  readonly queue: string;
  readonly redis: Redis;
  /** How many jobs it runs at a time. */
  readonly slots: number;
  readonly process: (job: QueuedJob, token: string) => Promise<string>;
  /** The lock of a running job could not be renewed. */
  readonly onLockLost: (jobId: string) => void;
  readonly log: Log;
}

/** The slots of the smallest Worker of a process; the others have three times as many, five times, and so on. */
const fewestSlots = 25;
/** How long BullMQ waits after an error of Redis. Its default, 15 s, would delay the jobs after each failover. */
const retryAfterErrorMs = 2_000;
/**
 * Practically unlimited: BullMQ fails no job for its crashes. `perform` ends crash loops, since it has the progress.
 */
const maxStalledCount = 1_000_000;

/**
 * Divides the concurrency of a process among BullMQ Workers of growing size. BullMQ fills all slots of a Worker before it
 * starts the first job, so the small ones start jobs while the large ones still fill. With Workers of equal size, the
 * first of 1,000 waiting jobs starts 0.15 s later.
 */
export function divideSlots(concurrency: number): number[] {
  const count = Math.max(1, Math.round(Math.sqrt(concurrency / fewestSlots)));
  const slotsOfFirst = (workers: number) => Math.ceil(concurrency * (workers / count) ** 2);
  return Array.from({ length: count }, (_, at) => slotsOfFirst(at + 1) - slotsOfFirst(at));
}

/** Starts a BullMQ Worker, which takes jobs at once. */
export function startBullWorker({ queue, redis, slots, process: run, onLockLost, log }: BullWorkerOptions): BullWorker {
  const worker: BullWorker = new Worker(queue, (job, token) => run(job, token ?? ''), {
    connection: redis,
    name: `${hostname()}-${process.pid}`,
    concurrency: slots,
    lockDuration: lockDurationMs,
    stalledInterval: stalledIntervalMs,
    maxStalledCount,
    runRetryDelay: retryAfterErrorMs,
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    metrics: { maxDataPoints: MetricsTime.TWO_WEEKS },
    settings: { backoffStrategy: (attemptsMade) => retryDelayMs(attemptsMade) },
  });
  logErrors(worker, log);
  worker.on('lockRenewalFailed', (ids: string[]) => {
    for (const id of ids) onLockLost(id);
  });
  return worker;
}

/** The same error within this time is logged once, since BullMQ tries every two seconds. */
const sameErrorMs = 30_000;

function logErrors(worker: BullWorker, log: Log): void {
  let last = { message: '', at: Number.NEGATIVE_INFINITY };
  worker.on('error', ({ message }) => {
    if (message === last.message && performance.now() - last.at < sameErrorMs) return;
    last = { message, at: performance.now() };
    log.warn({ event: 'bullmq-failed', error: redisErrorText(message) }, 'BullMQ reports an error');
  });
}
