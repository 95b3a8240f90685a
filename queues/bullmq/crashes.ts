import type { Redis } from 'ioredis';
import { answerWithin } from '#queues/within.ts';
import type { QueuedJob } from './connection.ts';

/**
 * BullMQ counts a crash for every lock that expires, even if only Redis was away and the run is alive. A run that
 * finds its lock lost therefore counts itself in this field of the job. The difference is the number of workers that
 * died.
 */
const field = 'survived';
const answerMs = 2_000;

/** Never creates the job's key, so that the count is deleted with the job. */
const addOne =
  "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('HINCRBY', KEYS[1], ARGV[1], 1) end return 0";

/** Records that this process lost the job's lock without having died. Resolves even if Redis does not record it. */
export async function recordSurvivedLockLoss(redis: Redis, job: QueuedJob): Promise<void> {
  await redis.eval(addOne, 1, keyOf(job), field).catch(() => undefined);
}

/**
 * How often a worker died while it ran the job. 0 if Redis does not answer in time, so that no job is parked by
 * mistake.
 */
export async function countCrashes(redis: Redis, job: QueuedJob): Promise<number> {
  const lost = countOf(job.stalledCounter);
  if (lost === 0) return 0;
  const answer = redis.hget(keyOf(job), field).then((kept) => countOf(Number(kept ?? 0)));
  const survivedCount = (await answerWithin(answerMs, answer)) ?? lost;
  return Math.max(lost - survivedCount, 0);
}

function keyOf(job: QueuedJob): string {
  return `${job.queueQualifiedName}:${job.id}`;
}

/** A count that Redis holds; 0 if it is not a count, or is above a million. */
export function countOf(kept: unknown): number {
  return typeof kept === 'number' && Number.isInteger(kept) && kept >= 0 && kept <= 1_000_000 ? kept : 0;
}
