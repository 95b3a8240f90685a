import { jobTraits } from '#db/job-traits.ts';
import type { Job } from '#db/tables.ts';

/** More than any rank, which is at most 1,000. */
const afterOwed = 1_000;
const afterPeople = 100_000;

/**
 * BullMQ runs jobs of a lower priority first, and those of priority 0, which stay in its list, before all others. Each
 * customer's first job has rank 0. Rebuilds come after jobs that give or take a server, and those of schedules last.
 */
export function priorityOf({ kind, rank, requestedBy }: Pick<Job, 'kind' | 'rank' | 'requestedBy'>): number {
  const { line, yieldsToOthers } = jobTraits[kind];
  if (line === 'machine') return 0;
  if (!yieldsToOthers) return rank;
  return (requestedBy === 'schedule' ? afterPeople : afterOwed) + rank;
}
