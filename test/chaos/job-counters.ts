import { withRedis } from '../redis.ts';
import type { Installation } from './installation.ts';

/** What BullMQ has counted of a job. */
export interface JobCounters {
  readonly id: string;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Workers that died with it, or lost its lock. */
  readonly stalls: number;
}

/** Of every job that BullMQ still keeps. */
export function jobCountersOf(installation: Installation): Promise<JobCounters[]> {
  return withRedis(installation.redis, async (redis) => {
    const keys = await redis.keys('bull:servers:job-*');
    const hashes = keys.filter((key) => !/:(lock|logs|processed)$/.test(key));
    return Promise.all(
      hashes.map(async (key) => {
        const [ended, stalls, result] = await redis.hmget(key, 'atm', 'stc', 'returnvalue');
        // BullMQ counts the one that succeeds too.
        const attempts = Number(ended ?? 0) - (result === null ? 0 : 1);
        return { id: key.split(':')[2] ?? '', attempts, stalls: Number(stalls ?? 0) };
      }),
    );
  });
}

/** A sentence for each job that used an attempt, or (with `stalls`) that a worker lost. */
export function usedAttempts(marks: readonly JobCounters[], { stalls: alsoStalls }: { stalls: boolean }): string[] {
  return marks
    .filter(({ attempts, stalls }) => attempts > 0 || (alsoStalls && stalls > 0))
    .map(({ id, attempts, stalls }) => `${id} used ${attempts} attempts, and its worker lost it ${stalls} times.`);
}
