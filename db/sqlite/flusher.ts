import { FlushFailedError } from '#db/errors.ts';

export interface FlushEvents {
  /** A flush has ended, after this many seconds. */
  readonly flushed: (seconds: number) => void;
  /** The first flush that failed. The process must end, because the kernel may have dropped what it could not write. */
  readonly flushFailed: (error: FlushFailedError) => void;
}

export interface Flusher {
  /** Resolves once a flush that began after the call has ended. Rejects with FlushFailedError. */
  flush(): Promise<void>;
  /** Takes the failure of another sync of the same database for a failed flush. */
  fail(cause: unknown): FlushFailedError;
}

/**
 * One flush at a time, shared by everybody who asks before it begins: each call resolves once a flush that began after
 * it has ended. From the first failure on, every call rejects and `sync` is not called again.
 */
export function createFlusher(sync: () => Promise<void>, events: FlushEvents): Flusher {
  let failure: FlushFailedError | null = null;
  let latest: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;

  const fail = (cause: unknown) => {
    if (failure) return failure;
    failure = new FlushFailedError(cause);
    events.flushFailed(failure);
    return failure;
  };
  const run = async () => {
    // A call from now on waits for another flush.
    next = null;
    if (failure) throw failure;
    const startedAt = performance.now();
    try {
      await sync();
    } catch (error) {
      throw fail(error);
    }
    if (failure) throw failure;
    events.flushed((performance.now() - startedAt) / 1000);
  };
  const flush = () => {
    if (next) return next;
    next = latest.then(run, run);
    latest = next;
    return next;
  };
  return { flush, fail };
}
