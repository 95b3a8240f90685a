import { createTurns } from '#db/turns.ts';
import type { ListingPace } from '#queues/ports/job-context.ts';
import { type CloudMachine, type Provider, ProviderError } from '#queues/ports/provider.ts';
import { abortable } from './abortable.ts';
import { createListingBudget } from './listing-budget.ts';

export interface SharedListing {
  /**
   * The next complete listing that begins after this call. One list call serves all runs of this process that wait.
   * Rejects with the call's error, or with the signal's reason.
   */
  nextListing(pace: ListingPace, signal: AbortSignal): Promise<readonly CloudMachine[]>;
}

/**
 * How long a run waits at least. A removal was just requested, so it is not done yet. Waiting also lets other runs
 * share the listing.
 */
const firstListingMs = { steady: 1_000, hurried: 250 } as const satisfies Record<ListingPace, number>;

/** Lists the installation's machines while runs wait for them, at most as often as the provider allows. */
export function createSharedListing(options: { provider: Provider; installation: string }): SharedListing {
  const { provider, installation } = options;
  const budget = createListingBudget(provider);
  const ownTurn = createTurns();
  let upcoming: PlannedListing | null = null;
  let waiting = 0;

  const list = async (): Promise<readonly CloudMachine[]> => {
    upcoming = null;
    budget.started(performance.now());
    const machines = await listInTime(provider, installation);
    budget.listed(machines.length);
    return machines;
  };
  // Each run continues in its own turn of the event loop: its next step takes a part of a millisecond.
  const inOwnTurn = async (machines: readonly CloudMachine[]) => {
    await ownTurn();
    return machines;
  };
  const withdraw = (planned: PlannedListing) => {
    waiting -= 1;
    if (waiting > 0 || upcoming !== planned) return;
    planned.cancel();
    upcoming = null;
  };
  return {
    nextListing: (pace, signal) => {
      waiting += 1;
      upcoming ??= planListing(list);
      const planned = upcoming;
      planned.startBy(Math.max(performance.now() + firstListingMs[pace], budget.earliest(pace, waiting)));
      return abortable(planned.machines.then(inOwnTurn), signal).finally(() => withdraw(planned));
    },
  };
}

interface PlannedListing {
  readonly machines: Promise<readonly CloudMachine[]>;
  /** Starts it at this time by `performance.now()`, unless it starts earlier. */
  startBy(at: number): void;
  cancel(): void;
}

function planListing(list: () => Promise<readonly CloudMachine[]>): PlannedListing {
  const { promise, resolve } = Promise.withResolvers<readonly CloudMachine[]>();
  let startsAt = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  return {
    machines: promise,
    startBy: (at) => {
      if (at >= startsAt) return;
      startsAt = at;
      clearTimeout(timer);
      timer = setTimeout(() => resolve(list()), Math.max(0, at - performance.now()));
    },
    cancel: () => clearTimeout(timer),
  };
}

/** For all pages of a large account. */
const listTimeoutMs = 60_000;

async function listInTime(provider: Provider, installation: string): Promise<readonly CloudMachine[]> {
  const timeout = AbortSignal.timeout(listTimeoutMs);
  try {
    return await provider.list(installation, timeout);
  } catch (error) {
    if (!timeout.aborted) throw error;
    const message = `${provider.name} did not list its machines within ${listTimeoutMs / 1000} s.`;
    throw new ProviderError('unavailable', message);
  }
}
