import { notAllowedPauseMs } from './limits.ts';
import { type Provider, ProviderError, type ProviderFault } from './ports/provider.ts';

/** When the provider says "too many" without saying for how long. */
const defaultPauseMs = 5_000;

export interface ProviderGate {
  /** The provider, watched: its refusals close the gate. */
  readonly provider: Provider;
  /** How long until jobs of this provider may run again, in ms; 0: now. */
  waitMs(): number;
  /** What the provider holds against us; null: nothing. A refused key stays refused until a call succeeds. */
  fault(): ProviderFault | null;
}

/**
 * Holds back all jobs of a provider that told us to wait (429), for as long as it said, or that refuses our key
 * (401, 403), until a call that was made since succeeds.
 */
export function createProviderGate(inner: Provider, clock: () => number = () => performance.now()): ProviderGate {
  let limitedUntil = Number.NEGATIVE_INFINITY;
  let refusal: { readonly at: number; readonly until: number } | null = null;

  const close = ({ fault, retryAfterMs }: ProviderError): void => {
    const at = clock();
    if (fault === 'rate-limited') limitedUntil = Math.max(limitedUntil, at + (retryAfterMs ?? defaultPauseMs));
    if (fault === 'not-allowed') refusal = { at, until: at + notAllowedPauseMs };
  };
  const watched = async <T>(call: Promise<T>): Promise<T> => {
    const begunAt = clock();
    try {
      const answer = await call;
      // One that was under way when the key was refused proves nothing; nor does any of a limit's end.
      if (refusal && begunAt >= refusal.at) refusal = null;
      return answer;
    } catch (error) {
      if (error instanceof ProviderError) close(error);
      throw error;
    }
  };
  return {
    provider: watch(inner, watched),
    waitMs: () => Math.max(0, limitedUntil - clock(), (refusal?.until ?? 0) - clock()),
    fault: () => {
      if (refusal) return 'not-allowed';
      return limitedUntil > clock() ? 'rate-limited' : null;
    },
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
