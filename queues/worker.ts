import { hostname } from 'node:os';
import { DelayedError, MetricsTime, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { JobKind } from '#db/model.ts';
import { answerWithin } from '#queues/within.ts';
import { connectRedis, type JobData, type QueuedJob, queueName, redisLifeOf } from './bullmq/connection.ts';
import { crashesOf, recordSurvivedLockLoss } from './bullmq/crashes.ts';
import { putOff, runOf } from './bullmq/delivery.ts';
import { keptCompletedJobs, keptFailedJobs, lockDurationMs, retryDelayMs, stalledIntervalMs } from './limits.ts';
import { RunAborted } from './ports/job-context.ts';
import type { Log } from './ports/log.ts';
import { type PerformDeps, perform, type RunEnd } from './run/perform.ts';

export interface WorkerDeps extends PerformDeps {
  readonly redisUrl: string;
  readonly concurrency: number;
  readonly log: Log;
}

export interface RunningWorker {
  /** Runs at work now. */
  active(): number;
  /** Takes no more jobs until `resume`; those at work go on. */
  pause(): Promise<void>;
  /** Takes jobs from now on, exactly `concurrency` at a time. */
  resume(): Promise<void>;
  /**
   * Takes no more, stops running jobs at their next checkpoint and hands them back without using an attempt.
   * Resolves when all are handed back, or after `graceMs`.
   */
  drain(graceMs: number): Promise<void>;
}

/** BullMQ fills all slots of a Worker before it starts the first job; beyond this many that takes seconds. */
const slotsPerWorker = 200;
/** As good as unlimited: a crash never fails a job. Crash loops are ended by `perform`, which knows progress. */
const maxStalledCount = 1_000_000;

/** A worker that takes no job before it is told to `resume`. */
export function createWorker(deps: WorkerDeps): RunningWorker {
  const { redisUrl, concurrency, log } = deps;
  const redis = connectRedis(redisUrl, log);
  const drain = new AbortController();
  const workers: BullWorker[] = [];
  const begin = () => slotsOf(concurrency).map((slots) => startBullWorker(deps, redis, drain.signal, slots));
  const pause = async () => void (await Promise.all(workers.map(({ worker }) => worker.pause(true))));
  const closeAll = () => Promise.all(workers.map(({ worker }) => worker.close()));

  return {
    active: () => workers.reduce((sum, { running }) => sum + running.size, 0),
    pause,
    resume: async () => {
      if (workers.length === 0) workers.push(...begin());
      else await Promise.all(workers.map(({ worker }) => worker.resume()));
    },
    drain: async (graceMs) => {
      await pause();
      drain.abort(new RunAborted('shutdown'));
      for (const { running } of workers) for (const run of running.values()) run.abort(drain.signal.reason);
      await answerWithin(graceMs, closeAll());
      redis.disconnect();
    },
  };
}

function slotsOf(concurrency: number): number[] {
  const count = Math.ceil(concurrency / slotsPerWorker);
  return Array.from({ length: count }, (_, at) => Math.floor((concurrency + at) / count));
}

interface BullWorker {
  readonly worker: Worker<JobData, string, JobKind>;
  /** Its runs by job id. An id can run in two workers of the process at once, so that each keeps its own. */
  readonly running: Map<string, AbortController>;
}

function startBullWorker(
  deps: WorkerDeps,
  redis: ReturnType<typeof connectRedis>,
  drain: AbortSignal,
  slots: number,
): BullWorker {
  const running: BullWorker['running'] = new Map();
  const process = (job: QueuedJob, token = '') => processJob({ deps, redis, running, drain }, job, token);
  const worker: BullWorker['worker'] = new Worker(queueName, (job, token) => process(job, token), {
    connection: redis,
    name: workerName(),
    concurrency: slots,
    lockDuration: lockDurationMs,
    stalledInterval: stalledIntervalMs,
    maxStalledCount,
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    metrics: { maxDataPoints: MetricsTime.TWO_WEEKS },
    settings: { backoffStrategy: (attemptsMade) => retryDelayMs(attemptsMade) },
  });
  worker.on('error', (error) => deps.log.warn({ error: error.message }, 'BullMQ worker'));
  worker.on('lockRenewalFailed', (ids: string[]) => {
    for (const id of ids) running.get(id)?.abort(new RunAborted('lock-lost'));
  });
  return { worker, running };
}

function workerName(): string {
  return `${hostname()}-${process.pid}`;
}

interface WorkerContext {
  readonly deps: WorkerDeps;
  readonly redis: ReturnType<typeof connectRedis>;
  readonly running: Map<string, AbortController>;
  readonly drain: AbortSignal;
}

async function processJob(
  { deps, redis, running, drain }: WorkerContext,
  job: QueuedJob,
  token: string,
): Promise<string> {
  const abort = new AbortController();
  const startedAt = performance.now();
  const id = job.id ?? '';
  running.set(id, abort);
  // BullMQ may have been fetching this job when the drain began.
  if (drain.aborted) abort.abort(drain.reason);
  try {
    const [crashes, redisLife] = await Promise.all([crashesOf(redis, job), redisLifeOf(redis)]);
    const run = runOf(job, { token, crashes, redisLife }, abort.signal);
    const end = await perform(run, deps);
    const seconds = (performance.now() - startedAt) / 1000;
    // Somebody may have emptied its data.
    const { serverId, requestId } = job.data ?? {};
    deps.log.info({ jobId: id, kind: job.name, serverId, requestId, end, seconds }, `Run ended: ${end.kind}`);
    return await reply({ job, token, redis, now: deps.now }, end);
  } finally {
    if (running.get(id) === abort) running.delete(id);
  }
}

interface ReplyDeps {
  readonly job: QueuedJob;
  readonly token: string;
  readonly redis: ReturnType<typeof connectRedis>;
  readonly now: () => Date;
}

/** BullMQ is told by what the processor returns or throws. */
async function reply({ job, token, redis, now }: ReplyDeps, end: RunEnd): Promise<string> {
  switch (end.kind) {
    case 'completed':
      return end.result;
    case 'failed':
      throw new UnrecoverableError(end.error);
    case 'retry':
      await job.log(`Attempt failed: ${end.error}`);
      if ((await job.extendLock(token, lockDurationMs).catch(() => 0)) !== 1) await recordSurvivedLockLoss(redis, job);
      throw new Error(end.error);
    case 'delayed':
      await logPutOff(job, `Put off until ${end.until.toISOString()}: ${end.reason}`);
      // BullMQ goes by this process's clock, and `until` by the one that all share.
      await job
        .moveToDelayed(Date.now() + end.until.getTime() - now().getTime(), token)
        .catch((error: unknown) => recordSurvivedLockLoss(redis, job).then(() => Promise.reject(error)));
      throw new DelayedError();
    case 'handed back':
      await job.log('Handed back: its worker shuts down.');
      await job.moveToWait(token);
      throw new WaitingError();
    case 'nothing':
      // Where the lock is lost, BullMQ refuses; where it only could not be confirmed, the job is free at once.
      await job.moveToWait(token).catch(() => recordSurvivedLockLoss(redis, job));
      throw new WaitingError();
  }
}

async function logPutOff(job: QueuedJob, step: string): Promise<void> {
  await job.log(step);
  await job.updateProgress(putOff(job, step));
}
