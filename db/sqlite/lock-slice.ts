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

/** A burst of transactions may block the event loop this long per turn, and for the commit of those that share one. */
const sliceMs = 5;

/** The number of bodies that are settled. `taken`: the lock's error, and the next body has not run; null: it was free. */
interface Progress {
  readonly done: number;
  readonly taken: unknown;
}

/**
 * Runs as many bodies as fit into 5 ms. Those that may share and follow each other commit together, so that a page that
 * all of them change is written once. A body that throws undoes its own steps only. If their transaction fails, all that
 * have run in it are rejected.
 */
export function runSlice(waiting: readonly WaitingBody[], lock: WriteLock): Progress {
  const until = performance.now() + sliceMs;
  let done = 0;
  for (let one = waiting[done]; one !== undefined; one = waiting[done]) {
    const group = groupAt(waiting, done);
    const progress = group.length > 1 ? runShared(group, { until, lock }) : runAlone(one, lock);
    done += progress.done;
    if (progress.taken !== null) return { done, taken: progress.taken };
    if (performance.now() >= until) break;
  }
  return { done, taken: null };
}

/** The bodies from there on that may share a transaction; none if the first may not. */
function groupAt(waiting: readonly WaitingBody[], from: number): readonly WaitingBody[] {
  let end = from;
  while (waiting[end]?.mayShare) end += 1;
  return waiting.slice(from, end);
}

function runAlone({ body, resolve, reject }: WaitingBody, { isTaken }: WriteLock): Progress {
  try {
    resolve(body());
  } catch (error) {
    if (isTaken(error)) return { done: 0, taken: error };
    reject(error);
  }
  return { done: 1, taken: null };
}

interface Slice {
  /** The end of the slice, on the clock of `performance.now`. */
  readonly until: number;
  readonly lock: WriteLock;
}

/** Runs the first bodies of the group, at least one, and settles them once they are committed. */
function runShared(group: readonly WaitingBody[], { until, lock }: Slice): Progress {
  const ends: (() => void)[] = [];
  let begun = 0;
  const runBodies = () => {
    for (const one of group) {
      begun += 1;
      ends.push(run(one, lock));
      if (performance.now() >= until) return;
    }
  };
  try {
    lock.inOneTransaction(runBodies);
  } catch (error) {
    if (begun === 0 && lock.isTaken(error)) return { done: 0, taken: error };
    const failed = group.slice(0, Math.max(begun, 1));
    for (const { reject } of failed) reject(error);
    return { done: failed.length, taken: null };
  }
  for (const end of ends) end();
  return { done: ends.length, taken: null };
}

/** Runs one body. The result settles its call. Throws an error that has ended the transaction. */
function run({ body, resolve, reject }: WaitingBody, { isInTransaction }: WriteLock): () => void {
  try {
    const value = body();
    return () => resolve(value);
  } catch (error) {
    if (!isInTransaction()) throw error;
    return () => reject(error);
  }
}
