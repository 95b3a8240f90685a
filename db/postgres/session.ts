import type { BetterSQLite3Database, NodePgDatabase } from '#db/orm.ts';
import { type Context, type HotQuery, isHot, type Prepared, type Step, type Steps } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';

/**
 * The name of the prepared statement, which Postgres keeps per connection; undefined: Postgres prepares it each time.
 */
export type NameOf = (query: HotQuery<unknown>) => string | undefined;

export interface Session {
  /** Runs the queries of a transaction or read in their order. Writes without a result are sent without a wait. */
  run<R>(steps: (context: Context) => Steps<R>): Promise<R>;
}

/**
 * Runs queries over one connection, or over any of the pool. Each hot query is built once: Drizzle's builders cost more
 * than the query's round trip.
 */
export function openSession(db: Pick<NodePgDatabase, 'select'>, nameOf: NameOf): Session {
  const context = contextOf(db);
  const prepared = new Map<HotQuery<unknown>, Prepared<unknown>>();
  const prepare = (query: HotQuery<unknown>): Prepared<unknown> => {
    const statement = prepared.get(query) ?? query.build(context).prepare(nameOf(query));
    prepared.set(query, statement);
    return statement;
  };
  const send = async ({ query, values }: Step<unknown>): Promise<unknown> =>
    isHot(query) ? prepare(query).execute(values) : query;
  return {
    run: async (stepsOf) => {
      const steps = stepsOf(context);
      const writes: Promise<unknown>[] = [];
      try {
        let step = steps.next();
        while (!step.done) {
          const isWrite = isHot(step.value.query) && !step.value.query.hasResult;
          const result = send(step.value);
          if (isWrite) writes.push(result);
          // An error that comes before somebody waits for the write must not end the process.
          if (isWrite) result.catch(() => undefined);
          step = steps.next(isWrite ? undefined : await result);
        }
        await Promise.all(writes);
        return step.value;
      } catch (error) {
        throw (await firstFailure(writes)) ?? error;
      }
    },
  };
}

/** After a write has failed, Postgres refuses each later query of its transaction with an error that says nothing. */
async function firstFailure(writes: readonly Promise<unknown>[]): Promise<unknown> {
  const ends = await Promise.allSettled(writes);
  return ends.find((end) => end.status === 'rejected')?.reason;
}

/** The queries are typed as SQLite's. With Postgres's tables the same builders make Postgres's SQL. */
function contextOf(db: Pick<NodePgDatabase, 'select'>): Context {
  return { db: db as unknown as BetterSQLite3Database, t: tablesOf.postgres };
}
