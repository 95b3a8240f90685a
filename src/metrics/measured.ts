import type { Database } from '#db/database.ts';

/** Receives the duration of a transaction, including the wait for the lock. */
export type ObserveTransaction = (name: string, seconds: number) => void;

/** The same database; it reports the duration of every transaction, also of one that fails. */
export function measured(database: Database, observe: ObserveTransaction): Database {
  return {
    ...database,
    transact: async (name, steps, options) => {
      const startedAt = performance.now();
      try {
        return await database.transact(name, steps, options);
      } finally {
        observe(name, (performance.now() - startedAt) / 1000);
      }
    },
  };
}
