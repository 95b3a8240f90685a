/** One of those that may go to Postgres together. */
export interface Joining<T, R> {
  readonly item: T;
  /** Runs it by itself. */
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
 * much more than the statements in them. If that fails, each of them runs alone, and has its own error.
 */
export function createTogether<T>({ runTogether, atOnce, mostItems }: TogetherOptions<T>) {
  const waiting: Waiting<T>[] = [];
  let running = 0;

  const end = ({ alone, resolve, reject }: Waiting<T>) => alone().then(resolve, reject);
  const runNext = async () => {
    const taken = waiting.splice(0, mostItems);
    const [only, ...others] = taken;
    if (only && others.length === 0) return end(only);
    try {
      const results = await runTogether(taken.map(({ item }) => item));
      for (const [at, { resolve }] of taken.entries()) resolve(results[at]);
    } catch {
      await Promise.all(taken.map(end));
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
