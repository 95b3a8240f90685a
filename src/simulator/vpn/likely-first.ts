/** The items that fit, alternately from `at` on and back from there; -1: back from the end. */
export function* outward<T>(items: readonly T[], at: number, fits: (item: T) => boolean): Generator<T> {
  const middle = at === -1 ? items.length : at;
  const [after, before] = [
    fitting(items, { from: middle, step: 1, fits }),
    fitting(items, { from: middle - 1, step: -1, fits }),
  ];
  yield* inTurn([after, before]);
}

interface Direction<T> {
  readonly from: number;
  readonly step: 1 | -1;
  readonly fits: (item: T) => boolean;
}

function* fitting<T>(items: readonly T[], { from, step, fits }: Direction<T>): Generator<T> {
  for (let index = from; ; index += step) {
    const item = items[index];
    if (item === undefined) return;
    if (fits(item)) yield item;
  }
}

/** One item of each source in turn, until all have ended. */
export function* inTurn<T>(sources: readonly Iterator<T>[]): Generator<T> {
  let open = sources;
  while (open.length > 0) {
    const ended = new Set<Iterator<T>>();
    for (const source of open) {
      const next = source.next();
      if (next.done) ended.add(source);
      else yield next.value;
    }
    if (ended.size > 0) open = open.filter((source) => !ended.has(source));
  }
}
