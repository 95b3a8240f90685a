import type { Log } from '#queues/ports/log.ts';
import type { Clock } from './clock.ts';

export interface ClockGuardDeps {
  readonly clock: Pick<Clock, 'aheadMs'>;
  /** Redis's clock, in milliseconds since 1970; null: Redis does not answer. */
  readonly redisTime: () => Promise<number | null>;
  readonly worker: Pausable;
  readonly log: Log;
}

/** The part of a worker that the guard controls. */
export interface Pausable {
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface ClockGuard {
  /** Compares the clocks, and pauses or resumes the worker if the result has changed. */
  runOnce(): Promise<void>;
  /** Whether this host's clock is wrong, and the worker therefore takes no jobs. */
  isWrong(): boolean;
}

/** Hosts that use NTP differ by milliseconds; the shortest delays here are seconds. */
const toleranceMs = 30_000;

/**
 * Creates a guard that keeps the worker from taking jobs while this host's clock is wrong. BullMQ computes delays
 * with the wall clocks of the process that delays a job and of the one that takes it. A worker two hours ahead would
 * take every retry at once, and use up the attempts of jobs that have to wait. A clock counts as wrong if the database
 * contradicts it and Redis does not confirm it. If only one of the two contradicts it, that one may be wrong.
 */
export function createClockGuard({ clock, redisTime, worker, log }: ClockGuardDeps): ClockGuard {
  let wrong = false;
  const isContradicted = async (): Promise<boolean> => {
    if (Math.abs(clock.aheadMs()) <= toleranceMs) return false;
    const time = await redisTime();
    // Without Redis the worker can take no job, so waiting for the answer costs nothing.
    return time === null || Math.abs(Date.now() - time) > toleranceMs;
  };
  return {
    isWrong: () => wrong,
    runOnce: async () => {
      const contradicted = await isContradicted();
      if (contradicted === wrong) return;
      wrong = contradicted;
      if (!wrong) {
        log.info({ event: 'clock-corrected' }, "This host's clock is right again; the worker takes jobs again");
        return worker.resume();
      }
      const aheadSeconds = Math.round(clock.aheadMs() / 1000);
      log.error(
        { event: 'clock-wrong', aheadSeconds },
        `This host's clock is ${aheadSeconds} s ahead of the database's, and Redis does not confirm it; the worker takes no jobs until it is right`,
      );
      await worker.pause();
    },
  };
}
