/** The time, injected so that tests control it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves at once for 0. */
  wait(ms: number): Promise<void>;
}

/** A number from 0 up to but not including 1. */
export type Random = () => number;

export const systemClock: Clock = {
  now: () => Date.now(),
  async wait(ms) {
    if (ms > 0) await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  },
};
