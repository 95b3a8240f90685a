import type { CloudMachine } from '#queues/ports/provider.ts';

/** The machines of a complete listing. */
export interface ListingIndex {
  readonly ids: ReadonlySet<string>;
  readonly byName: ReadonlyMap<string, readonly CloudMachine[]>;
}

const indexes = new WeakMap<readonly CloudMachine[], ListingIndex>();

/**
 * The index of a listing. One listing serves all runs that wait, so it is read once for all of them: a thousand runs
 * that each read ten thousand machines would block the worker for seconds.
 */
export function indexOf(listing: readonly CloudMachine[]): ListingIndex {
  const earlier = indexes.get(listing);
  if (earlier) return earlier;
  const index = {
    ids: new Set(listing.map(({ id }) => id)),
    byName: Map.groupBy(listing, ({ name }) => name),
  };
  indexes.set(listing, index);
  return index;
}
