import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { lockDurationMs } from '#queues/limits.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import type { Log } from '#queues/ports/log.ts';
import type { Run } from '#queues/run/run.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import { answerWithin } from '#queues/within.ts';
import { type BullWorker, divideSlots, startBullWorker } from './bull-worker.ts';
import { connectRedis, type QueuedJob } from './connection.ts';
import { countCrashes } from './crashes.ts';
import { runFromDelivery } from './delivery.ts';
import { createProgressWriter } from './progress-writer.ts';
import { readRedisLife } from './redis-life.ts';
import type { RedisServer } from './redis-server.ts';
import { reply } from './reply.ts';

export interface QueueWorkerDeps {
  readonly redisServer: RedisServer;
  /** The name of the queue. */
  readonly queue: string;
  /** How many jobs the process runs at a time. */
  readonly concurrency: number;
  readonly perform: (run: Run) => Promise<RunEnd>;
  readonly now: () => Date;
  readonly log: Log;
}

export interface RunningWorker {
  /** The number of jobs that run now. */
  active(): number;
  /** Takes no more jobs until `resume`; running jobs continue. */
  pause(): Promise<void>;
  /** Takes jobs from now on, exactly `concurrency` at a time. */
  resume(): Promise<void>;
  /**
   * Takes no more jobs, stops running ones at their next checkpoint, and hands them back without using an attempt.
   * Resolves when all are handed back, after `graceMs`, or once Redis has been away for as long as a lock lasts.
   */
  drain(graceMs: number): Promise<void>;
}

/** BullMQ's commands after the last run take milliseconds. */
const closesWithinMs = 1_000;
const lookEveryMs = 50;

/** Creates a worker of one queue that takes no job before the first `resume`. */
export function createQueueWorker(deps: QueueWorkerDeps): RunningWorker {
  const redis = connectRedis(deps.redisServer, deps.log);
  const drain = new AbortController();
  const pools: Pool[] = [];
  const active = () => pools.reduce((sum, { running }) => sum + running.size, 0);
  const start = () =>
    divideSlots(deps.concurrency).map((slots) => startPool(deps, { redis, drain: drain.signal, slots }));
  const pause = async () => void (await Promise.all(pools.map(({ worker }) => worker.pause(true))));
  const closeAll = () => Promise.all(pools.map(({ worker }) => worker.close()));

  return {
    active,
    pause,
    resume: async () => {
      if (pools.length === 0) pools.push(...start());
      else await Promise.all(pools.map(({ worker }) => worker.resume()));
    },
    drain: async (graceMs) => {
      await pause();
      drain.abort(new RunAborted('shutdown'));
      for (const { running } of pools) for (const run of running.values()) run.abort(drain.signal.reason);
      // BullMQ waits for the end of its connections, and one that is just reconnecting never reports its end.
      await answerWithin(graceMs, Promise.race([closeAll(), untilQuiet(redis, active)]));
      redis.disconnect();
    },
  };
}

/**
 * Resolves once no job has run for a second: BullMQ may still have been fetching one when the drain began. Resolves too
 * once Redis has been away for as long as a lock lasts: another worker takes the jobs then, handed back or not.
 */
async function untilQuiet(redis: Redis, active: () => number): Promise<void> {
  let [ranAt, reachedAt] = [performance.now(), performance.now()];
  for (;;) {
    const now = performance.now();
    if (active() > 0) ranAt = now;
    if (redis.status === 'ready') reachedAt = now;
    if (now - ranAt > closesWithinMs || now - reachedAt > lockDurationMs) return;
    await delay(lookEveryMs, undefined, { ref: false });
  }
}

/** Running jobs by id. */
type RunningJobs = Map<string, AbortController>;

/** A BullMQ Worker and its running jobs. An id can run in two Workers of a process at once, so each has its own map. */
interface Pool {
  readonly worker: BullWorker;
  readonly running: RunningJobs;
}

interface PoolOptions {
  readonly redis: Redis;
  readonly drain: AbortSignal;
  readonly slots: number;
}

function startPool(deps: QueueWorkerDeps, { redis, drain, slots }: PoolOptions): Pool {
  const running: RunningJobs = new Map();
  const worker = startBullWorker({
    queue: deps.queue,
    redis,
    slots,
    process: (job, token) => processJob({ deps, redis, running, drain }, job, token),
    onLockLost: (id) => running.get(id)?.abort(new RunAborted('lock-lost')),
    log: deps.log,
  });
  return { worker, running };
}

interface ProcessDeps {
  readonly deps: QueueWorkerDeps;
  readonly redis: Redis;
  readonly running: RunningJobs;
  readonly drain: AbortSignal;
}

async function processJob(
  { deps, redis, running, drain }: ProcessDeps,
  job: QueuedJob,
  token: string,
): Promise<string> {
  const abort = new AbortController();
  const progress = createProgressWriter(job);
  const startedAt = performance.now();
  const id = job.id ?? '';
  running.set(id, abort);
  // BullMQ may have been fetching this job when the drain began.
  if (drain.aborted) abort.abort(drain.reason);
  try {
    const [crashes, redisLife] = await Promise.all([countCrashes(redis, job), readRedisLife(redis)]);
    const delivery = { token, crashes, redisLife, reportProgress: progress.report };
    const end = await deps.perform(runFromDelivery(job, delivery, abort.signal));
    progress.end(end.kind === 'completed');
    const seconds = (performance.now() - startedAt) / 1000;
    // The data is null if a person has emptied it in Redis.
    const { serverId, subscriptionId, requestId } = job.data ?? {};
    deps.log.info(
      { event: 'run-ended', jobId: id, kind: job.name, serverId, subscriptionId, requestId, end, seconds },
      `Run ended: ${end.kind.replace('-', ' ')}`,
    );
    return await reply({ job, token, redis, now: deps.now }, end);
  } finally {
    if (running.get(id) === abort) running.delete(id);
  }
}
