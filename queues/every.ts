import { setTimeout as delay } from 'node:timers/promises';

export interface Repeating {
  /** Ends the pause at once; during a run, the next one follows without a pause. */
  now(): void;
  /** Aborts the current run, and resolves when it has ended. No other follows. */
  stop(): Promise<void>;
}

/** Runs `body` at once, and again `ms` (± a quarter, at random) after each end, also after an error. */
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
        // The stop itself may have made the run fail.
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
