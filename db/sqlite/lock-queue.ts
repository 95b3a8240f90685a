/** The transactions of this process that wait for SQLite's write lock. */
export interface LockQueue {
  /**
   * Runs the body with the lock, after the body of every earlier call. Rejects with the body's error; with the lock's
   * error if another process still holds the lock after `busyTimeoutMs`.
   */
  run<R>(body: () => R, busyTimeoutMs: number): Promise<R>;
}

/** A burst of transactions may block the event loop this long per turn. */
const sliceMs = 5;
/** A try costs 20 µs. SQLite does not tell when the lock is free. */
const tryEveryMs = 1;
/** Longer than `tryEveryMs`, so that a process that waits finds the lock free. */
const restMs = 3;
/** A process that had the lock this recently may wait for it now. */
const crowdedForMs = 100;

/**
 * One queue for all transactions of a process, so that none waits for a later one, and only the first one tries to get
 * the lock. As many as fit into 5 ms run in one turn of the event loop; more would block every other job, lock and
 * request of the process. While other processes want the lock too, the queue rests between two turns: SQLite gives the
 * lock to whoever tries while it is free, and a process that never rests would keep the others out. `isTaken` tells the
 * lock's error from a body's own.
 */
export function createLockQueue(isTaken: (error: unknown) => boolean): LockQueue {
  let waiting: Waiting[] = [];
  let crowdedUntil = Number.NEGATIVE_INFINITY;

  const runSlice = () => {
    const { done, taken } = attemptSome(waiting);
    waiting = waiting.slice(done);
    const now = performance.now();
    if (taken !== null) {
      crowdedUntil = now + crowdedForMs;
      waiting = withoutLate(waiting, now, taken);
    }
    if (waiting.length === 0) return;
    if (taken !== null) setTimeout(runSlice, tryEveryMs);
    else if (now < crowdedUntil) setTimeout(runSlice, restMs);
    else setImmediate(runSlice);
  };
  return {
    run: <R>(body: () => R, busyTimeoutMs: number) => {
      const { promise, resolve, reject } = Promise.withResolvers<R>();
      const attempt = () => {
        try {
          resolve(body());
        } catch (error) {
          if (isTaken(error)) return error;
          reject(error);
        }
        return null;
      };
      if (waiting.length === 0) setImmediate(runSlice);
      waiting.push({ attempt, giveUpAt: performance.now() + busyTimeoutMs, giveUp: reject });
      return promise;
    },
  };
}

interface Waiting {
  /** Runs the body. Returns the lock's error if the lock is taken, so that the body has not run; else null. */
  readonly attempt: () => unknown;
  readonly giveUpAt: number;
  readonly giveUp: (taken: unknown) => void;
}

/** `taken`: the lock's error; null: the lock was free. */
function attemptSome(waiting: readonly Waiting[]): { done: number; taken: unknown } {
  const until = performance.now() + sliceMs;
  let done = 0;
  for (const { attempt } of waiting) {
    const taken = attempt();
    if (taken !== null) return { done, taken };
    done++;
    if (performance.now() >= until) break;
  }
  return { done, taken: null };
}

/** Rejects those that have waited long enough, and returns the others. */
function withoutLate(waiting: Waiting[], now: number, taken: unknown): Waiting[] {
  const isLate = ({ giveUpAt }: Waiting) => now >= giveUpAt;
  if (!waiting.some(isLate)) return waiting;
  for (const { giveUp } of waiting.filter(isLate)) giveUp(taken);
  return waiting.filter((one) => !isLate(one));
}
