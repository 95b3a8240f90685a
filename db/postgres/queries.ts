import pg from 'pg';
import type { Trace } from '#db/database.ts';
import { type BetterSQLite3Database, fillPlaceholders, loadPostgresDriver, type NodePgDatabase } from '#db/orm.ts';
import { type Context, type HotQuery, isHot, type Prepared, type Query, type QueryText } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';
import type { ResultRows, Statement } from './batch.ts';

export interface QueryOptions {
  /**
   * The name of the prepared statement, which Postgres keeps per connection; undefined: Postgres prepares it each time.
   */
  readonly nameOf: (query: { readonly name: string }) => string | undefined;
  readonly trace: Trace | undefined;
}

export type Values = Record<string, unknown>;

export interface Queries {
  readonly context: Context;
  /** Runs a query over the client, and returns its rows. */
  readonly read: (query: Query<unknown> | HotQuery<unknown>, values: Values) => PromiseLike<unknown>;
  /** A query as a statement whose rows nobody reads. Throws if a placeholder has no value. */
  readonly statementOf: (query: HotQuery<unknown>, values: Values) => Statement;
}

/** The first argument of drizzle's calls of `query`; the second one has the values. */
export interface DrizzleQuery {
  readonly name?: string;
  readonly text: string;
  readonly rowMode: 'array';
  readonly types: typeof pg.types;
}

/** The statement of such a call, with a result of its own. */
export function statementWithResult({ rowMode, types, ...statement }: DrizzleQuery, values: readonly unknown[]) {
  return { ...statement, values, result: new pg.Result(rowMode, types) as ResultRows } satisfies Statement;
}

/** The client of drizzle, as far as it is used here. */
export type DrizzleClient = pg.Pool | { query(query: DrizzleQuery, values: readonly unknown[]): Promise<pg.Result> };

/** Each hot query is built once: Drizzle's builders cost more than the query's round trip. */
export function queriesOver(client: DrizzleClient, { nameOf, trace }: QueryOptions): Queries {
  const { drizzle } = loadPostgresDriver();
  const context = contextOf(drizzle(client as pg.Pool, trace ? { logger: { logQuery: trace } } : {}));
  const reads = new Map<HotQuery<unknown>, Prepared<unknown>>();
  const writes = new Map<HotQuery<unknown>, QueryText>();
  return {
    context,
    read: (query, values) => {
      if (!isHot(query)) return query;
      const prepared = reads.get(query) ?? query.build(context).prepare(nameOf(query));
      reads.set(query, prepared);
      return prepared.execute(values);
    },
    statementOf: (query, values) => {
      const write = writes.get(query) ?? query.build(context).toSQL();
      writes.set(query, write);
      const filled = fillPlaceholders(write.params, values);
      trace?.(write.sql, filled);
      return { name: nameOf(query), text: write.sql, values: filled };
    },
  };
}

/** The queries are typed as SQLite's. With Postgres's tables the same builders make Postgres's SQL. */
function contextOf(db: Pick<NodePgDatabase, 'select'>): Context {
  return { db: db as unknown as BetterSQLite3Database, t: tablesOf.postgres };
}
