import { notAllowedPauseMs } from './limits.ts';
import { type Provider, ProviderError, type ProviderFault } from './ports/provider.ts';

/** When the provider says "too many" without saying for how long. */
const defaultPauseMs = 5_000;

export type Operation = Exclude<keyof Provider, 'name' | 'listLagMs'>;

/** An operation that the provider does not allow our key (401, 403). */
export interface Refusal {
  readonly operation: Operation;
  readonly message: string;
}

export interface ProviderGate {
  /** The provider, watched: its refusals close the gate. */
  readonly provider: Provider;
  /** How long until jobs of this provider may run again, in ms; 0: now. */
  waitMs(): number;
  /** What the provider holds against us; null: nothing. */
  fault(): ProviderFault | null;
  /** What is refused to our key. An operation stays refused until a call of it succeeds: that one may list says nothing of its orders. */
  refusals(): readonly Refusal[];
  /** Whether a call of the operation has succeeded at that instant or later. */
  hasSucceededSince(operation: string, at: Date): boolean;
}

/**
 * Holds back all jobs of a provider that told us to wait (429), for as long as it said, or that refuses our key
 * (401, 403) an operation, until a call of it that was made since succeeds.
 */
export function createProviderGate(inner: Provider, clock: () => number = () => performance.now()): ProviderGate {
  let limitedUntil = Number.NEGATIVE_INFINITY;
  const refused = new Map<Operation, { readonly at: number; readonly until: number; readonly message: string }>();
  const succeededAt = new Map<string, Date>();

  const close = (operation: Operation, { fault, retryAfterMs, message }: ProviderError): void => {
    const at = clock();
    if (fault === 'rate-limited') limitedUntil = Math.max(limitedUntil, at + (retryAfterMs ?? defaultPauseMs));
    if (fault === 'not-allowed') refused.set(operation, { at, until: at + notAllowedPauseMs, message });
  };
  const watched = async <T>(operation: Operation, call: Promise<T>): Promise<T> => {
    const begunAt = clock();
    try {
      const answer = await call;
      succeededAt.set(operation, new Date());
      // One that was under way when the key was refused proves nothing; nor does any of a limit's end.
      if (begunAt >= (refused.get(operation)?.at ?? 0)) refused.delete(operation);
      return answer;
    } catch (error) {
      if (error instanceof ProviderError) close(operation, error);
      throw error;
    }
  };
  return {
    provider: watch(inner, watched),
    waitMs: () =>
      Math.max(
        0,
        ...[limitedUntil, ...[...refused.values()].map(({ until }) => until)].map((until) => until - clock()),
      ),
    fault: () => {
      if (refused.size > 0) return 'not-allowed';
      return limitedUntil > clock() ? 'rate-limited' : null;
    },
    refusals: () => [...refused].map(([operation, { message }]) => ({ operation, message })),
    hasSucceededSince: (operation, at) => {
      const last = succeededAt.get(operation);
      return last !== undefined && last >= at;
    },
  };
}

function watch(inner: Provider, watched: <T>(operation: Operation, call: Promise<T>) => Promise<T>): Provider {
  return {
    name: inner.name,
    listLagMs: inner.listLagMs,
    account: (signal) => watched('account', inner.account(signal)),
    list: (installation, signal) => watched('list', inner.list(installation, signal)),
    find: (name, owner, signal) => watched('find', inner.find(name, owner, signal)),
    get: (id, signal) => watched('get', inner.get(id, signal)),
    create: (spec, signal) => watched('create', inner.create(spec, signal)),
    remove: (id, signal) => watched('remove', inner.remove(id, signal)),
    catalogue: (signal) => watched('catalogue', inner.catalogue(signal)),
  };
}
