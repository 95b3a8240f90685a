import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, TransactOptions } from '#db/database.ts';
import type { Context, Steps } from '#db/steps.ts';
import { once } from '#db/transactions/once.ts';

/** Runs a named read, or a named transaction. */
export type Run = <R>(name: string, steps: (context: Context) => Steps<R>) => Promise<R>;

/** How long a transaction waits for a busy database depends on who waits for it. */
export interface Runs {
  readonly read: Run;
  /** A caller waits for the answer. */
  readonly accept: Run;
  /** Nobody waits, and the next round does the same again. */
  readonly upkeep: Run;
}

/** Runs each part of a long read in a turn of the event loop of its own, since SQLite blocks it meanwhile. */
export function slices(read: Run, name: string): <R>(steps: (context: Context) => Steps<R>) => Promise<R> {
  return async (steps) => {
    await nextTurn();
    return read(name, steps);
  };
}

/** One transaction that records its steps once, also if the answer to a commit is lost. SQLite loses none. */
export function transactOnce<R>(
  database: Database,
  { name, steps }: { readonly name: string; readonly steps: (context: Context) => Steps<R> },
  options: TransactOptions,
): Promise<R> {
  return database.transact(name, database.dialect === 'postgres' ? once(steps) : steps, options);
}
