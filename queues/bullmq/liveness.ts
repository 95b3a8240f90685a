import { longestRetryMs } from '#queues/limits.ts';
import type { OpenQueue } from './connection.ts';
import { examine, type Finding } from './examine.ts';
import { deleteListed } from './listed.ts';
import type { RowOfQueue } from './queue-rows.ts';

/** Longer than any delay that this product asks for, plus some for clocks that differ. */
const longestDelayMs = longestRetryMs + 5 * 60_000;
/** BullMQ's scores in the delayed set are milliseconds times 4096; the rest is a counter. */
const delayScoreUnit = 4096;
/** Redis examines so many jobs in about 3 ms, in which it serves nobody else. */
const jobsPerCall = 500;

/** The jobs that BullMQ would not run in time. */
export interface LostJobs {
  /** BullMQ holds nothing of them, in any list. */
  readonly absent: readonly string[];
  /** The rest: finished, in no list, unreadable, delayed beyond reason, or listed without their data. */
  readonly damaged: readonly string[];
}

/** true: BullMQ has lost, forgotten or finished the job, or it is delayed beyond reason. One look at one moment. */
export async function isLost(
  { queue, redis }: OpenQueue,
  job: Pick<RowOfQueue, 'id' | 'dueAt'>,
  now: Date,
): Promise<boolean> {
  const latest = latestScore(Math.max(job.dueAt?.getTime() ?? 0, now.getTime()));
  const lists = ['wait', 'active'].map((name) => queue.toKey(name));
  const [found] = await examine({ queue, redis }, { ids: [job.id], latest, lists });
  return found !== 'live';
}

/**
 * Finds the lost ones among many due jobs, in few calls. A job that moves meanwhile may be reported as damaged, so look
 * again before you remove one.
 */
export async function findLostAmong({ queue, redis }: OpenQueue, ids: readonly string[], now: Date): Promise<LostJobs> {
  const latest = latestScore(now.getTime());
  const absent: string[] = [];
  const unlisted: string[] = [];
  const damaged: string[] = [];
  const groups: Record<Finding, string[]> = { absent, unlisted, damaged, live: [] };
  for (let from = 0; from < ids.length; from += jobsPerCall) {
    const some = ids.slice(from, from + jobsPerCall);
    const found = await examine({ queue, redis }, { ids: some, latest, lists: [] });
    for (const [at, id] of some.entries()) groups[found[at] ?? 'damaged'].push(id);
  }
  const inNoList = new Set([...absent, ...unlisted]);
  // A job goes from waiting to active, so this order misses none that moves.
  for (const name of ['wait', 'active']) await deleteListed(redis, queue.toKey(name), inNoList);
  return {
    absent: absent.filter((id) => inNoList.has(id)),
    damaged: [
      ...damaged,
      ...absent.filter((id) => !inNoList.has(id)),
      ...unlisted.filter((id) => inNoList.has(id)),
    ].sort(),
  };
}

/** A job that is delayed for longer than any delay of this product was delayed by another program. */
function latestScore(ms: number): number {
  return (ms + longestDelayMs) * delayScoreUnit;
}
