/** SQLite's write lock, as one connection sees it. */
export interface WriteLock {
  /** Whether the error says that another process has the lock, so that nothing was read or written. */
  readonly isTaken: (error: unknown) => boolean;
  /** Runs `bodies` in one transaction. A body that begins a transaction of its own gets a savepoint. */
  readonly inOneTransaction: (bodies: () => void) => void;
  /** Whether a transaction is open. SQLite ends it by itself after some errors, such as that of a full disk. */
  readonly isInTransaction: () => boolean;
}

/** A transaction that waits for the lock. */
export interface WaitingBody {
  /** Runs the whole transaction, and throws its error. */
  readonly body: () => unknown;
  readonly mayShare: boolean;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A burst of transactions may block the event loop this long per turn. */
const sliceMs = 5;

/**
 * Runs as many bodies as fit into 5 ms. Those that may share and follow each other commit together, so that a page that
 * all of them change is written once. A body that throws undoes its own steps only. If the commit fails, all that
 * shared it are rejected. `taken`: the lock's error, and the body at `done` has not run; null: the lock was free.
 */
export function runSlice(waiting: readonly WaitingBody[], lock: WriteLock): { done: number; taken: unknown } {
  const until = performance.now() + sliceMs;
  let done = 0;
  do {
    const run = runGroup(groupAt(waiting, done), { until, lock });
    if (run.taken !== null) return { done, taken: run.taken };
    done += run.done;
  } while (done < waiting.length && performance.now() < until);
  return { done, taken: null };
}

function groupAt(waiting: readonly WaitingBody[], from: number): readonly WaitingBody[] {
  let end = from;
  while (waiting[end]?.mayShare) end += 1;
  return waiting.slice(from, Math.max(end, from + 1));
}

interface Slice {
  /** The end of the slice, on the clock of `performance.now`. */
  readonly until: number;
  readonly lock: WriteLock;
}

/** Runs the first bodies of the group, at least one, and settles them once they are committed. */
function runGroup(group: readonly WaitingBody[], { until, lock }: Slice): { done: number; taken: unknown } {
  const ends: (() => void)[] = [];
  const isShared = group.length > 1;
  let begun = 0;
  const runBodies = () => {
    for (const one of group) {
      begun += 1;
      ends.push(run(one, (error) => lock.isTaken(error) || (isShared && !lock.isInTransaction())));
      if (performance.now() >= until) return;
    }
  };
  try {
    if (isShared) lock.inOneTransaction(runBodies);
    else runBodies();
  } catch (error) {
    if (lock.isTaken(error)) return { done: 0, taken: error };
    return { done: rejectAll(group.slice(0, Math.max(begun, 1)), error), taken: null };
  }
  for (const end of ends) end();
  return { done: ends.length, taken: null };
}

/** Runs one body. The result settles its call. Throws an error that has undone the bodies before it as well. */
function run({ body, resolve, reject }: WaitingBody, hasUndoneAll: (error: unknown) => boolean): () => void {
  try {
    const value = body();
    return () => resolve(value);
  } catch (error) {
    if (hasUndoneAll(error)) throw error;
    return () => reject(error);
  }
}

function rejectAll(group: readonly WaitingBody[], error: unknown): number {
  for (const { reject } of group) reject(error);
  return group.length;
}
