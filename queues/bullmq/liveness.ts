import type { ReleasedJob } from '#db/reads/due.ts';
import { longestRetryMs } from '#queues/limits.ts';
import type { QueueConnection } from './connection.ts';

/** Longer than any delay that this product asks for, plus some for clocks that differ. */
const longestDelayMs = longestRetryMs + 5 * 60_000;
/** BullMQ's scores in the delayed set are milliseconds times 4096; the rest is a counter. */
const delayScoreUnit = 4096;
/** The fields of a job that BullMQ parses. With garbage in one of them it can neither deliver nor show the job. */
const parsedFields = ['data', 'opts', 'progress', 'parent'] as const;

/** The jobs, in the given order, that BullMQ has lost, forgotten or finished, or that are delayed beyond reason. */
export async function findLost(
  { queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>,
  jobs: readonly ReleasedJob[],
  now: () => Date,
): Promise<ReleasedJob[]> {
  if (jobs.length === 0) return [];
  const listed = new Set(await queue.getRanges(['waiting', 'active', 'prioritized'], 0, -1));
  const pipeline = redis.pipeline();
  for (const { id } of jobs)
    pipeline
      .exists(queue.toKey(id))
      .hmget(queue.toKey(id), ...parsedFields)
      .zscore(queue.toKey('delayed'), id);
  const answers = (await pipeline.exec()) ?? [];
  return jobs.filter((job, at) => {
    const [exists, fields, delayScore] = answers.slice(3 * at, 3 * at + 3).map((answer) => answer[1] ?? null);
    if (exists !== 1 || !areReadable(fields)) return true;
    if (delayScore === null) return !listed.has(job.id);
    return isDelayedTooLong(Number(delayScore) / delayScoreUnit, job, now());
  });
}

function areReadable(fields: unknown): boolean {
  return Array.isArray(fields) && fields.every((field) => field === null || isJson(field));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** true: the delay is longer than any that this product makes, so another program has set it. */
function isDelayedTooLong(until: number, job: ReleasedJob, now: Date): boolean {
  return until > Math.max(job.dueAt?.getTime() ?? 0, now.getTime()) + longestDelayMs;
}
