import type { BetterSQLite3Database, NodePgDatabase } from '#db/orm.ts';
import { type Context, type HotQuery, isHot, type Prepared, type Step, type Steps } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';

/**
 * The name of the prepared statement, which Postgres keeps per connection; undefined: Postgres prepares it each time.
 */
export type NameOf = (query: HotQuery<unknown>) => string | undefined;

export interface Session {
  /** Runs the queries of a transaction or read one after the other. */
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
  const runStep = async ({ query, values }: Step<unknown>): Promise<unknown> =>
    isHot(query) ? prepare(query).execute(values) : query;
  return {
    run: async (stepsOf) => {
      const steps = stepsOf(context);
      let step = steps.next();
      while (!step.done) step = steps.next(await runStep(step.value));
      return step.value;
    },
  };
}

/** The queries are typed as SQLite's. With Postgres's tables the same builders make Postgres's SQL. */
function contextOf(db: Pick<NodePgDatabase, 'select'>): Context {
  return { db: db as unknown as BetterSQLite3Database, t: tablesOf.postgres };
}
