/** No place was free in time. */
export class NoPlaceError extends Error {
  override readonly name = 'NoPlaceError';
}

export interface Places {
  /** Runs the body once a place is free, after every body of an earlier call. Throws NoPlaceError after `busyTimeoutMs`. */
  run<R>(body: () => Promise<R>, busyTimeoutMs: number): Promise<R>;
}

/**
 * Lets this many bodies run at a time. The pool of pg also keeps a queue; but it would let each caller wait as long as
 * a connection may take to open, and a transaction that gave up there would begin again at the end of the queue.
 */
export function createPlaces(count: number): Places {
  const waiting = new Set<() => void>();
  let free = count;

  const enter = async (busyTimeoutMs: number): Promise<void> => {
    if (free > 0) {
      free -= 1;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.add(resolve);
    const timer = setTimeout(() => {
      waiting.delete(resolve);
      reject(new NoPlaceError(`All ${count} places stayed taken for ${busyTimeoutMs} ms.`));
    }, busyTimeoutMs);
    await promise.finally(() => clearTimeout(timer));
  };
  const giveBack = () => {
    const [next] = waiting;
    if (!next) free += 1;
    else {
      waiting.delete(next);
      next();
    }
  };
  return {
    run: async (body, busyTimeoutMs) => {
      await enter(busyTimeoutMs);
      try {
        return await body();
      } finally {
        giveBack();
      }
    },
  };
}
