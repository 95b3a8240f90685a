import type { ListingPace } from '#queues/ports/job-context.ts';
import type { Provider } from '#queues/ports/provider.ts';

/** When the next listing may start, so that the provider's rate limit holds. All times are by `performance.now()`. */
export interface ListingBudget {
  /** The earliest start for a run that waits at this pace, while so many runs wait. */
  earliest(pace: ListingPace, waiting: number): number;
  /** Records a start. */
  started(at: number): void;
  /** Records how many machines the last listing had. */
  listed(machines: number): void;
}

/** Between two listings, if no run waits in a hurry. */
const steadyIntervalMs = 5_000;
/** The most time without listings that later ones may use up in a hurry. */
const mostSavedMs = 120_000;
/** Each run that waits takes a part of a millisecond for each listing; this bounds them to a share of the CPU. */
const msForEachWaiting = 1;

/**
 * Listings in a hurry may be closer together than the provider allows in the long run, at most as close as it allows
 * for a short time, and use up the time of the last two minutes in which there were none.
 */
export function createListingBudget(provider: Provider): ListingBudget {
  let lastAt = Number.NEGATIVE_INFINITY;
  let savedMs = mostSavedMs;
  let machines = 0;
  const intervalMs = () => provider.listIntervalMs(machines);
  return {
    earliest: (pace, waiting) => {
      if (pace === 'steady') return lastAt + Math.max(steadyIntervalMs, intervalMs());
      const shortest = Math.max(provider.hurriedListIntervalMs(machines), waiting * msForEachWaiting);
      return lastAt + Math.max(shortest, intervalMs() - savedMs);
    },
    started: (at) => {
      savedMs = Math.min(mostSavedMs, savedMs + at - lastAt) - intervalMs();
      lastAt = at;
    },
    listed: (count) => {
      machines = count;
    },
  };
}
