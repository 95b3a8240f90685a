import { withRedis } from '../redis.ts';
import type { Installation } from './installation.ts';

/** BullMQ's counters of one job. */
export interface JobCounters {
  readonly id: string;
  /** Attempts that failed. */
  readonly attempts: number;
  /** The number of times that the worker died or lost the job's lock. */
  readonly stalls: number;
}

/** The counters of every job that is still in BullMQ. */
export function jobCountersOf(installation: Installation): Promise<JobCounters[]> {
  return withRedis(installation.redis, async (redis) => {
    const keys = await redis.keys('bull:servers:job-*');
    const hashes = keys.filter((key) => !/:(lock|logs|processed)$/.test(key));
    return Promise.all(
      hashes.map(async (key) => {
        const [made, stalls, result] = await redis.hmget(key, 'atm', 'stc', 'returnvalue');
        // BullMQ also counts the attempt that succeeds.
        const attempts = Number(made ?? 0) - (result === null ? 0 : 1);
        return { id: key.split(':')[2] ?? '', attempts, stalls: Number(stalls ?? 0) };
      }),
    );
  });
}

/** A sentence for each job with a failed attempt, or (with `stalls`) with a stall. */
export function usedAttempts(counters: readonly JobCounters[], { stalls: alsoStalls }: { stalls: boolean }): string[] {
  return counters
    .filter(({ attempts, stalls }) => attempts > 0 || (alsoStalls && stalls > 0))
    .map(({ id, attempts, stalls }) => `${id} used ${attempts} attempts and stalled ${stalls} times.`);
}
