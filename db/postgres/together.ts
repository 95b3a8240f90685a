import { NoPlaceError } from './places.ts';

/** An item that may join a group. */
export interface Joining<T, R> {
  readonly item: T;
  /** Two items with the same text here are never in one group. Not given: it joins any group. */
  readonly apart?: string;
  /** How long it waits for a group. Not given: as long as others run. */
  readonly waitMs?: number;
  /**
   * Runs it by itself. `failure`: the first try, which was a group of this item only, or a NoPlaceError, since it has
   * waited for so long. Not given: it had no try, or only one with others.
   */
  readonly alone: (failure?: unknown) => Promise<R>;
}

export interface TogetherOptions<T> {
  /** Runs the items as one. If it rejects, none of them counts. */
  readonly runTogether: (items: readonly T[]) => Promise<readonly unknown[]>;
  /** How many groups run at a time. */
  readonly atOnce: number;
  readonly mostItems: number;
}

interface Waiting<T> extends Joining<T, unknown> {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Items that come while groups run are the next group: a message to Postgres, a change of process and a flush cost much
 * more than the statements in them. If a group fails, each of its items runs alone and has its own error. So does each
 * item that waits, since the next group may fail as well, and no caller has the time for two.
 */
export function createTogether<T>({ runTogether, atOnce, mostItems }: TogetherOptions<T>) {
  let waiting: Waiting<T>[] = [];
  let running = 0;

  const runAlone = ({ alone, resolve, reject }: Waiting<T>, failure?: unknown) =>
    void alone(failure).then(resolve, reject);
  const giveUp = (one: Waiting<T>, waitMs: number) => {
    if (!waiting.includes(one)) return;
    waiting = waiting.filter((other) => other !== one);
    runAlone(one, new NoPlaceError(`It was in no group within ${waitMs} ms.`));
  };
  const runNext = async () => {
    const { taken, left } = nextGroup(waiting, mostItems);
    waiting = left;
    try {
      const results = await runTogether(taken.map(({ item }) => item));
      for (const [at, { resolve }] of taken.entries()) resolve(results[at]);
    } catch (error) {
      for (const one of taken) runAlone(one, taken.length === 1 ? error : undefined);
      for (const one of waiting.splice(0)) runAlone(one);
    }
  };
  const runAll = async () => {
    running += 1;
    // Items of one turn of the event loop go together.
    await new Promise(setImmediate);
    while (waiting.length > 0) await runNext();
    running -= 1;
  };

  return <R>(joining: Joining<T, R>): Promise<R> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const one = { ...joining, resolve, reject };
    waiting.push(one);
    if (running < atOnce) void runAll();
    const { waitMs } = joining;
    if (waitMs === undefined) return promise as Promise<R>;
    const timer = setTimeout(() => giveUp(one, waitMs), waitMs);
    return promise.finally(() => clearTimeout(timer)) as Promise<R>;
  };
}

/** The first items that wait, without a second one that must be apart. */
function nextGroup<T>(waiting: readonly Waiting<T>[], most: number) {
  const [taken, left]: [Waiting<T>[], Waiting<T>[]] = [[], []];
  const seen = new Set<string>();
  for (const one of waiting) {
    const isApart = one.apart !== undefined && seen.has(one.apart);
    if (one.apart !== undefined) seen.add(one.apart);
    (isApart || taken.length === most ? left : taken).push(one);
  }
  return { taken, left };
}
