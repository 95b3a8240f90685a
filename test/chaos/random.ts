import { seeded } from '#src/simulator/seeded.ts';

/** Repeatable random numbers: the same seed and name give the same ones. */
export interface Random {
  /** From 0 (included) to 1 (excluded). */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  /** An independent generator. Concurrent activities must not share one, or their order would change the numbers. */
  fork(name: string): Random;
}

/** The generator of one run. `name` separates the runs of one seed. */
export function randomOf(seed: number, name: string): Random {
  const next = seeded(`${seed}/${name}`);
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    pick: <T>(items: readonly T[]): T => {
      const picked = items[between(0, items.length - 1)];
      if (picked === undefined) throw new Error('The list to pick from is empty.');
      return picked;
    },
    fork: (child) => randomOf(seed, `${name}/${child}`),
  };
}
