import { setImmediate as nextTurn } from 'node:timers/promises';

/** So many simple steps take about a millisecond. */
const itemsPerTurn = 2_000;

/** Acts on each item, on a few thousand per turn of the event loop, so that a long list blocks nothing. */
export async function inSlices<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += itemsPerTurn) {
    if (from > 0) await nextTurn();
    for (const item of items.slice(from, from + itemsPerTurn)) act(item);
  }
}
