import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '#db/store.ts';
import { type Prunable, prunes } from '#db/transactions/prune.ts';

/** How long the old rows of each table stay. */
export type KeptDays = Readonly<Record<Prunable, number>>;

export interface PruneDeps {
  readonly store: Pick<Store, 'prune'>;
  readonly keptDays: KeptDays;
  readonly now: () => Date;
}

export interface Pruning {
  /** Deletes old rows for about a second. true: there are no more; false: the next call goes on. */
  goOn(signal: AbortSignal): Promise<boolean>;
}

/** The inventory waits meanwhile. */
const goesOnForMs = 1_000;
/** Twice as long as a page: the lock is free for most of the time. */
const pauseMs = 20;
const dayMs = 24 * 60 * 60_000;
// Object.keys of an object literal gives its own keys.
const order = Object.keys(prunes) as Prunable[];

/** Goes through the tables page by page. It keeps its place between the calls, so that one table delays no other. */
export function createPruning({ store, keptDays, now }: PruneDeps): Pruning {
  let left = order;
  let after = '';

  const prunePage = async ([what, ...others]: Prunable[]) => {
    if (what === undefined) return;
    const before = new Date(now().getTime() - keptDays[what] * dayMs);
    const { next } = await store.prune(what, { before, after });
    after = next ?? '';
    if (next === null) left = others;
  };
  return {
    goOn: async (signal) => {
      const until = performance.now() + goesOnForMs;
      for (;;) {
        await prunePage(left);
        if (left.length === 0) break;
        if (signal.aborted || performance.now() > until) return false;
        await delay(pauseMs);
      }
      left = order;
      return true;
    },
  };
}
