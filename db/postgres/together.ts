/** One of those that may go to Postgres together. */
export interface Joining<T, R> {
  readonly item: T;
  /** Those with the same text are never in one group. Not given: it may be with all others. */
  readonly apart?: string;
  /** Runs it by itself, within the time that its caller has. */
  readonly alone: () => Promise<R>;
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
 * Runs those as one that came while others were running: a message to Postgres, a change of process and a flush cost
 * much more than the statements in them. If that fails, each of them runs alone and has its own error, and so does each
 * that waits, since the next group may fail as well and no caller has the time for two.
 */
export function createTogether<T>({ runTogether, atOnce, mostItems }: TogetherOptions<T>) {
  let waiting: Waiting<T>[] = [];
  let running = 0;

  const runAlone = (joinings: readonly Waiting<T>[]) => {
    for (const { alone, resolve, reject } of joinings) void alone().then(resolve, reject);
  };
  const runNext = async () => {
    const { taken, left } = nextGroup(waiting, mostItems);
    waiting = left;
    try {
      const results = await runTogether(taken.map(({ item }) => item));
      for (const [at, { resolve }] of taken.entries()) resolve(results[at]);
    } catch {
      runAlone([...taken, ...waiting.splice(0)]);
    }
  };
  const runAll = async () => {
    running += 1;
    // Those that come in the same turn go together.
    await new Promise(setImmediate);
    while (waiting.length > 0) await runNext();
    running -= 1;
  };

  return <R>(joining: Joining<T, R>): Promise<R> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    waiting.push({ ...joining, resolve, reject });
    if (running < atOnce) void runAll();
    return promise as Promise<R>;
  };
}

/** The first of those that wait, without a second one that must be apart. */
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
