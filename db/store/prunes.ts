import { type Prunable, type PrunedPage, prunes as prunesOf } from '#db/transactions/prune.ts';
import type { Run } from './run.ts';

export function prunes(upkeep: Run) {
  return {
    /** Deletes the old rows of one page of this table, in one transaction. */
    prune: (what: Prunable, page: PrunedPage) => upkeep(`prune ${what}`, (context) => prunesOf[what](context, page)),
  };
}
