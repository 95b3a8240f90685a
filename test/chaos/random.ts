import { seeded } from '#src/simulator/seeded.ts';

/** Chance that repeats itself: the same seed and name draw the same. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
  /** One of its own, whatever is drawn from this one: what goes on at the same time must not share one. */
  fork(part: string): Random;
}

/** The generator of one run; `name` keeps the runs of one seed apart. */
export function randomOf(seed: number, name: string): Random {
  const next = seeded(`${seed}/${name}`);
  const between = (from: number, to: number) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    pick: <T>(items: readonly T[]): T => {
      const picked = items[between(0, items.length - 1)];
      if (picked === undefined) throw new Error('There is nothing to pick from.');
      return picked;
    },
    fork: (part) => randomOf(seed, `${name}/${part}`),
  };
}
