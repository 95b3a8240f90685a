import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import { createGate, type Gate, type ObservingGate } from './gate.ts';
import { createShelf, type Shelf } from './shelf.ts';
import { createStock, type Stock } from './stock.ts';

/** `findNamed` is a `find`: a key that may do the one may do the other. */
export type Operation = Exclude<
  keyof Provider,
  'name' | 'images' | 'listLagMs' | 'shownWithinMs' | 'listIntervalMs' | 'hurriedListIntervalMs' | 'findNamed'
>;

/**
 * Without `forgetUserData` an old machine's user data stays readable; without `forgetOwner` tags pile up; without
 * `catalogue` the API sells without prices.
 */
const optional: readonly Operation[] = ['forgetUserData', 'forgetOwner', 'catalogue'];

/** Holds back all jobs while the provider limits calls or refuses the key. */
export interface ProviderGate extends Gate {
  /** The provider; every call through it is recorded in the gate. */
  readonly provider: Provider;
  /** What is sold out. */
  readonly stock: Pick<Stock, 'refusals' | 'isOver'>;
  /** What the provider does not have at all. */
  readonly shelf: Pick<Shelf, 'restock' | 'refusals' | 'isOver'>;
}

const soldOutEffect = 'Its jobs wait up to an hour, without using attempts, and it is not sold there meanwhile.';

/** `clock` is monotonic, in ms. */
export function createProviderGate(
  inner: Provider,
  now: () => Date,
  clock: () => number = () => performance.now(),
): ProviderGate {
  const serviceErrorOf = (error: unknown) => (error instanceof ProviderError ? error : null);
  const gate = createGate({ serviceErrorOf, now, clock, optional });
  const stock = createStock({ fault: 'capacity', effect: soldOutEffect, clock });
  const shelf = createShelf(inner, clock);
  return { ...gate, stock, shelf, provider: observedProvider(inner, gate, { stock, shelf }) };
}

function observedProvider(
  inner: Provider,
  { observe }: Pick<ObservingGate, 'observe'>,
  { stock, shelf }: { readonly stock: Stock; readonly shelf: Shelf },
): Provider {
  const on = <T>(operation: Operation, call: Promise<T>): Promise<T> => observe(operation, call);
  const { forgetOwner } = inner;
  return {
    name: inner.name,
    images: inner.images,
    listLagMs: inner.listLagMs,
    shownWithinMs: inner.shownWithinMs,
    listIntervalMs: (machines) => inner.listIntervalMs(machines),
    hurriedListIntervalMs: (machines) => inner.hurriedListIntervalMs(machines),
    account: (signal) => on('account', inner.account(signal)),
    list: (installation, signal) => on('list', inner.list(installation, signal)),
    find: (name, owner, signal) => on('find', inner.find(name, owner, signal)),
    findNamed: (name, signal) => on('find', inner.findNamed(name, signal)),
    get: (id, signal) => on('get', inner.get(id, signal)),
    create: (spec, signal) => {
      const ordered = shelf.order(spec, (image) => inner.create({ ...spec, image }, signal));
      return on('create', stock.observe(spec, ordered));
    },
    remove: (id, signal) => on('remove', inner.remove(id, signal)),
    forgetUserData: (id, signal) => on('forgetUserData', inner.forgetUserData(id, signal)),
    forgetOwner: forgetOwner && ((owner, signal) => on('forgetOwner', forgetOwner(owner, signal))),
    catalogue: async (signal) => {
      const catalogue = await on('catalogue', inner.catalogue(signal));
      shelf.restock(catalogue);
      return catalogue;
    },
  };
}
