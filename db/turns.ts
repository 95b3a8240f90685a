import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * A queue for turns of the event loop: each call resolves in a turn of its own. If many callers continued in the same
 * turn, they would block every other job, lock and request of the process until all of them are done.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => nextTurn());
    return last;
  };
}
