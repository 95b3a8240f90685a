import { createTurns } from '#db/turns.ts';
import { type CloudMachine, type Provider, ProviderError } from '#queues/ports/provider.ts';

export interface SharedListing {
  /**
   * The next complete listing that begins after this call. One list call serves all runs of this process that wait.
   * Rejects with the call's error, or with the signal's reason.
   */
  nextListing(signal: AbortSignal): Promise<readonly CloudMachine[]>;
}

/** Lists the installation's machines while runs wait for them, at most as often as the provider allows. */
export function createSharedListing(options: { provider: Provider; installation: string }): SharedListing {
  const { provider, installation } = options;
  const ownTurn = createTurns();
  let upcoming: Promise<readonly CloudMachine[]> | null = null;
  let lastStartedAt = Number.NEGATIVE_INFINITY;
  let lastSize = 0;

  const listAfter = async (delayMs: number): Promise<readonly CloudMachine[]> => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    lastStartedAt = performance.now();
    upcoming = null;
    const machines = await listInTime(provider, installation);
    lastSize = machines.length;
    return machines;
  };
  // Each run continues in its own turn of the event loop: its next step, such as a handshake, takes milliseconds.
  const inOwnTurn = async (machines: readonly CloudMachine[]) => {
    await ownTurn();
    return machines;
  };
  return {
    nextListing: (signal) => {
      const nextAt = lastStartedAt + provider.listIntervalMs(lastSize);
      upcoming ??= listAfter(Math.max(firstListingMs, nextAt - performance.now()));
      return abortable(upcoming.then(inOwnTurn), signal);
    },
  };
}

/** For all pages of a large account. */
const listTimeoutMs = 60_000;
/** The request was just made, so it is not done yet. Waiting also lets other runs share the listing. */
const firstListingMs = 1_000;

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

/** Settles like the promise, or rejects with the signal's reason as soon as it is aborted. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
