import { setTimeout as delay } from 'node:timers/promises';

export interface Repeating {
  /** Runs once more at once; while it runs, right after. */
  now(): void;
  /** Resolves when the last run has ended; there is none after it. */
  stop(): Promise<void>;
}

/** Runs `body` again and again, `ms` (spread by a quarter) after each end. Its errors go to `onError` and end nothing. */
export function every(
  ms: number,
  body: (signal: AbortSignal) => Promise<unknown>,
  onError: (error: unknown) => void,
): Repeating {
  const stopping = new AbortController();
  let wake = new AbortController();

  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      try {
        await body(stopping.signal);
      } catch (error) {
        // What fails because it is stopped is no trouble.
        if (!stopping.signal.aborted) onError(error);
      }
      const pause = ms * (0.75 + Math.random() / 2);
      await delay(pause, undefined, { signal: AbortSignal.any([stopping.signal, wake.signal]) }).catch(() => undefined);
    }
  };
  const ended = loop();
  return {
    now: () => wake.abort(),
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}
