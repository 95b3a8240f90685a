import { answerWithin } from '#queues/within.ts';
import type { OpenQueue } from './connection.ts';

const answerWithinMs = 1_000;
/** The ids go into a statement, and databases limit its parameters. */
const mostIds = 10_000;

/** The ids of the jobs that workers run now; null: Redis did not answer in time. Redis is not trusted to hold ids. */
export async function readRunning({ queue, redis }: OpenQueue): Promise<readonly string[] | null> {
  if (redis.status !== 'ready') return null;
  const active = await answerWithin(answerWithinMs, redis.lrange(queue.toKey('active'), 0, mostIds - 1));
  return active?.filter((id) => /^[a-z0-9-]{1,26}$/.test(id)) ?? null;
}
