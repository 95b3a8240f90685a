import type { Log } from '#queues/ports/log.ts';
import type { RunningWorker } from '#queues/worker.ts';
import type { Clock } from './clock.ts';

export interface ClockGuardDeps {
  readonly clock: Pick<Clock, 'aheadMs'>;
  /** Redis's clock, in milliseconds since 1970; null: it does not answer. */
  readonly redisTime: () => Promise<number | null>;
  readonly worker: Pick<RunningWorker, 'pause' | 'resume'>;
  readonly log: Log;
}

export interface ClockGuard {
  /** Pauses the worker, or lets it go on. A worker that has not begun yet is only kept from it. */
  runOnce(): Promise<void>;
  /** Whether this process's clock is wrong, and its worker takes no jobs. */
  isWrong(): boolean;
}

/** Hosts that keep their time over the network differ by milliseconds; our shortest delays are of seconds. */
const toleranceMs = 30_000;

/**
 * BullMQ reckons delays by the wall clock of the process that puts a job off and of the one that takes it: one that is two
 * hours ahead would take every retry at once, and use up the attempts of jobs that have to wait. So a worker takes no jobs
 * while its clock is contradicted by the database's and Redis does not confirm it: by one alone, it may be the other that is wrong.
 */
export function createClockGuard({ clock, redisTime, worker, log }: ClockGuardDeps): ClockGuard {
  let wrong = false;
  const contradicted = async (): Promise<boolean> => {
    if (Math.abs(clock.aheadMs()) <= toleranceMs) return false;
    const time = await redisTime();
    // Nothing can be taken while Redis is silent: so its word is waited for.
    return time === null || Math.abs(Date.now() - time) > toleranceMs;
  };
  return {
    isWrong: () => wrong,
    runOnce: async () => {
      const found = await contradicted();
      if (found === wrong) return;
      wrong = found;
      const seconds = Math.round(clock.aheadMs() / 1000);
      if (!wrong) {
        log.info({}, 'The clock of this host is right again; the worker takes jobs');
        return worker.resume();
      }
      log.error(
        { aheadSeconds: seconds },
        `The clock of this host is ${seconds} s ahead of the database's, and Redis does not confirm it; the worker takes no jobs until it is right`,
      );
      await worker.pause();
    },
  };
}
