import type { Clock } from '#src/simulator/clock.ts';

export interface ManualClock extends Clock {
  /** Moves the clock forward and ends the waits that are over. */
  advance(ms: number): void;
  /** The number of waits that are not over. */
  waiting(): number;
}

/** A clock that only the test advances. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  let waits: { readonly until: number; readonly resolve: () => void }[] = [];
  return {
    now: () => now,
    async wait(ms) {
      if (ms > 0) await new Promise<void>((resolve) => waits.push({ until: now + ms, resolve }));
    },
    advance(ms) {
      now += ms;
      const due = waits.filter((wait) => wait.until <= now);
      waits = waits.filter((wait) => wait.until > now);
      for (const wait of due) wait.resolve();
    },
    waiting: () => waits.length,
  };
}
