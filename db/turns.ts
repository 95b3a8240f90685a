import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * A queue for turns of the event loop: each call resolves in a turn of its own. What many wait for at once would else run them
 * all in one, and hold up every other job, lock and request of the process for as long as all of them take.
 */
export function createTurns(): () => Promise<void> {
  let last = Promise.resolve();
  return () => {
    last = last.then(() => nextTurn());
    return last;
  };
}
