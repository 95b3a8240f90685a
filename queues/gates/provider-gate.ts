import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import { createGate, type Gate } from './gate.ts';

export type Operation = Exclude<keyof Provider, 'name' | 'listLagMs' | 'listIntervalMs'>;

/** Jobs go on without an old machine's user data being forgotten, and the API sells without prices. */
const withoutThem: readonly Operation[] = ['forgetUserData', 'catalogue'];

/** Holds back all jobs of a provider that told us to wait, or that refuses our key. */
export interface ProviderGate extends Gate {
  /** The provider, watched: its refusals close the gate. */
  readonly provider: Provider;
}

export function createProviderGate(
  inner: Provider,
  now: () => Date,
  clock: () => number = () => performance.now(),
): ProviderGate {
  const gate = createGate((error) => (error instanceof ProviderError ? error : null), now, clock, withoutThem);
  return { ...gate, provider: watch(inner, gate.watched) };
}

function watch(inner: Provider, watched: <T>(operation: Operation, call: Promise<T>) => Promise<T>): Provider {
  return {
    name: inner.name,
    listLagMs: inner.listLagMs,
    listIntervalMs: (machines) => inner.listIntervalMs(machines),
    account: (signal) => watched('account', inner.account(signal)),
    list: (installation, signal) => watched('list', inner.list(installation, signal)),
    find: (name, owner, signal) => watched('find', inner.find(name, owner, signal)),
    get: (id, signal) => watched('get', inner.get(id, signal)),
    create: (spec, signal) => watched('create', inner.create(spec, signal)),
    remove: (id, signal) => watched('remove', inner.remove(id, signal)),
    forgetUserData: (id, signal) => watched('forgetUserData', inner.forgetUserData(id, signal)),
    catalogue: (signal) => watched('catalogue', inner.catalogue(signal)),
  };
}
