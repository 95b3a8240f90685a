import type { TransactOptions } from '#db/database.ts';
import { runSlice, type WaitingBody, type WriteLock } from './lock-slice.ts';

/** The transactions of this process that wait for SQLite's write lock. */
export interface LockQueue {
  /**
   * Runs the body with the lock, after the body of every earlier call. Rejects with the error of the body, or of the
   * transaction that it shared; with the lock's error if another process still holds the lock after `busyTimeoutMs`.
   */
  run<R>(body: () => R, options: TransactOptions): Promise<R>;
}

interface Waiting extends WaitingBody {
  readonly giveUpAt: number;
}

/** A try costs 20 µs. SQLite does not tell when the lock is free. */
const tryEveryMs = 1;
/** Longer than `tryEveryMs`, so that a process that waits finds the lock free. */
const restMs = 3;
/** A process that had the lock this recently may wait for it now. */
const crowdedForMs = 100;

/**
 * One queue for all transactions of a process, so that none waits for a later one, and only the first one tries to get
 * the lock. They run in slices, one per turn of the event loop; all in one turn would block every other job, lock and
 * request of the process. While other processes want the lock too, the queue rests between two turns: SQLite gives the
 * lock to whoever tries while it is free, and a process that never rests would keep the others out.
 */
export function createLockQueue(lock: WriteLock): LockQueue {
  let waiting: Waiting[] = [];
  let crowdedUntil = Number.NEGATIVE_INFINITY;

  const runNext = () => {
    const { done, taken } = runSlice(waiting, lock);
    waiting = waiting.slice(done);
    const now = performance.now();
    if (taken !== null) {
      crowdedUntil = now + crowdedForMs;
      waiting = withoutLate(waiting, now, taken);
    }
    if (waiting.length === 0) return;
    if (taken !== null) setTimeout(runNext, tryEveryMs);
    else if (now < crowdedUntil) setTimeout(runNext, restMs);
    else setImmediate(runNext);
  };
  return {
    run: <R>(body: () => R, { busyTimeoutMs, mayShare = false }: TransactOptions) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      if (waiting.length === 0) setImmediate(runNext);
      waiting.push({ body, mayShare, resolve, reject, giveUpAt: performance.now() + busyTimeoutMs });
      return promise as Promise<R>;
    },
  };
}

/** Rejects those that have waited long enough, and returns the others. */
function withoutLate(waiting: Waiting[], now: number, taken: unknown): Waiting[] {
  const isLate = ({ giveUpAt }: Waiting) => now >= giveUpAt;
  if (!waiting.some(isLate)) return waiting;
  for (const { reject } of waiting.filter(isLate)) reject(taken);
  return waiting.filter((one) => !isLate(one));
}
