import type { Redis } from 'ioredis';
import { answerWithin } from '#queues/within.ts';
import type { QueuedJob } from './connection.ts';

/**
 * BullMQ counts a crash for every lock that expires, also where only Redis was away and the run is alive. Such a run
 * vouches for itself once it finds its lock lost: what is counted and not vouched for is a dead worker.
 */
const field = 'survived';
const answerMs = 2_000;

/** With the job, so that the count goes when it goes; and never instead of it. */
const addOne =
  "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HINCRBY', KEYS[1], ARGV[1], 1) end return 0";

/** Says that this process lives and was only denied the job's lock. Resolves also where Redis does not take it. */
export async function recordSurvivedLockLoss(redis: Redis, job: QueuedJob): Promise<void> {
  await redis.eval(addOne, 1, keyOf(job), field).catch(() => undefined);
}

/**
 * How often a worker that had the job in hand died. Where Redis does not answer in time: 0, since nobody is given up for
 * what is not known.
 */
export async function crashesOf(redis: Redis, job: QueuedJob): Promise<number> {
  const lost = countOf(job.stalledCounter);
  if (lost === 0) return 0;
  const asked = redis.hget(keyOf(job), field).then((kept) => countOf(Number(kept ?? 0)));
  const survivedCount = (await answerWithin(answerMs, asked)) ?? lost;
  return Math.max(lost - survivedCount, 0);
}

function keyOf(job: QueuedJob): string {
  return `${job.queueQualifiedName}:${job.id}`;
}

/** Redis is not to be trusted with numbers; beyond a million it is no count of ours. */
export function countOf(kept: unknown): number {
  return typeof kept === 'number' && Number.isInteger(kept) && kept >= 0 && kept <= 1_000_000 ? kept : 0;
}
