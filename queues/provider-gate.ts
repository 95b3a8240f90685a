import { type Provider, ProviderError, type ProviderFault } from './ports/provider.ts';

/** How long a provider that refuses our key is left alone. */
const notAllowedPauseMs = 60_000;
/** When the provider says "too many" without saying for how long. */
const defaultPauseMs = 5_000;

export interface ProviderGate {
  /** The provider, watched: its refusals close the gate, its answers open it. */
  readonly provider: Provider;
  /** How long until jobs of this provider may run again, in ms; 0: now. */
  waitMs(): number;
  /** Why the gate was closed last; null while it is open. */
  fault(): ProviderFault | null;
}

/** Holds back all jobs of a provider that told us to wait (429), or that refuses our key (401, 403). */
export function createProviderGate(inner: Provider, clock: () => number = () => performance.now()): ProviderGate {
  let closedUntil = 0;
  let fault: ProviderFault | null = null;

  const close = (error: ProviderError): void => {
    if (error.fault !== 'rate-limited' && error.fault !== 'not-allowed') return;
    const pauseMs = error.fault === 'not-allowed' ? notAllowedPauseMs : (error.retryAfterMs ?? defaultPauseMs);
    closedUntil = Math.max(closedUntil, clock() + pauseMs);
    fault = error.fault;
  };
  const watched = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const answer = await call;
      fault = null;
      closedUntil = 0;
      return answer;
    } catch (error) {
      if (error instanceof ProviderError) close(error);
      throw error;
    }
  };
  return {
    provider: watch(inner, watched),
    waitMs: () => Math.max(0, closedUntil - clock()),
    fault: () => fault,
  };
}

function watch(inner: Provider, watched: <T>(call: Promise<T>) => Promise<T>): Provider {
  return {
    name: inner.name,
    listLagMs: inner.listLagMs,
    account: (signal) => watched(inner.account(signal)),
    list: (installation, signal) => watched(inner.list(installation, signal)),
    find: (name, owner, signal) => watched(inner.find(name, owner, signal)),
    get: (id, signal) => watched(inner.get(id, signal)),
    create: (spec, signal) => watched(inner.create(spec, signal)),
    remove: (id, signal) => watched(inner.remove(id, signal)),
    catalogue: (signal) => watched(inner.catalogue(signal)),
  };
}
