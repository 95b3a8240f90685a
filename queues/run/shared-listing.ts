import { createTurns } from '#db/turns.ts';
import { type CloudMachine, type Provider, ProviderError } from '#queues/ports/provider.ts';

export interface MachineWatch {
  /** The next complete listing that begins after this call; one list call serves all that wait in this process. */
  nextListing(signal: AbortSignal): Promise<readonly CloudMachine[]>;
}

/** Watches the installation's machines at the provider: however many runs wait, at most one list call in what the provider asks for. */
export function createMachineWatch(options: { provider: Provider; installation: string }): MachineWatch {
  const { provider, installation } = options;
  const ownTurn = createTurns();
  let upcoming: Promise<readonly CloudMachine[]> | null = null;
  let lastStartedAt = Number.NEGATIVE_INFINITY;
  let lastSize = 0;

  const listAfter = async (delayMs: number): Promise<readonly CloudMachine[]> => {
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    lastStartedAt = performance.now();
    upcoming = null;
    const timeout = AbortSignal.timeout(listTimeoutMs);
    const machines = await provider.list(installation, timeout).catch((error: unknown) => {
      throw timeout.aborted ? tookTooLong(provider) : error;
    });
    lastSize = machines.length;
    return machines;
  };
  // What each then does, such as a handshake, takes milliseconds.
  const inOwnTurn = async (machines: readonly CloudMachine[]) => {
    await ownTurn();
    return machines;
  };
  return {
    nextListing: (signal) => {
      const nextAt = lastStartedAt + provider.listIntervalMs(lastSize);
      upcoming ??= listAfter(Math.max(firstLookMs, nextAt - performance.now()));
      return abortable(upcoming.then(inOwnTurn), signal);
    },
  };
}

/** For all pages of a large account. */
const listTimeoutMs = 60_000;
/** What was asked for a moment ago is not done yet, and others will join meanwhile. */
const firstLookMs = 1_000;

function tookTooLong({ name }: Provider): ProviderError {
  return new ProviderError('unavailable', `${name} did not list its machines within ${listTimeoutMs / 1000} s.`);
}

/** Settles like the promise, or rejects with the signal's reason as soon as it is aborted. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
