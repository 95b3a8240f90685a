/** A burst of transactions may block the event loop this long per turn. */
const sliceMs = 5;

/**
 * Runs bodies in the order of the calls, as many in one turn of the event loop as fit into 5 ms. If all ran in one
 * turn, a burst would block every other job, lock and request of the process until its end.
 */
export function createSlices(): <R>(body: () => R) => Promise<R> {
  let waiting: (() => void)[] = [];

  const runSlice = () => {
    const until = performance.now() + sliceMs;
    let done = 0;
    for (const run of waiting) {
      run();
      done++;
      if (performance.now() >= until) break;
    }
    waiting = waiting.slice(done);
    if (waiting.length > 0) setImmediate(runSlice);
  };
  return <R>(body: () => R) =>
    new Promise<R>((resolve, reject) => {
      if (waiting.length === 0) setImmediate(runSlice);
      waiting.push(() => {
        try {
          resolve(body());
        } catch (error) {
          reject(error);
        }
      });
    });
}
