import {
  type BetterSQLite3Database,
  getTableColumns,
  type SQL,
  type SQLiteColumn,
  type SQLiteTable,
  sql,
} from './orm.ts';
import type { Tables } from './tables.ts';

/** A Drizzle query that has not run yet: any query builder, typed as SQLite's. */
export interface Query<T> extends PromiseLike<T> {
  prepare(name?: string): Prepared<T>;
  toSQL(): QueryText;
}

export interface QueryText {
  readonly sql: string;
  /** Values and placeholders. */
  readonly params: unknown[];
}

/** A query that drizzle prepared, on either dialect. On SQLite the result also has `sync()`. */
export interface Prepared<T> {
  execute(values?: Record<string, unknown>): PromiseLike<T> & { sync?(): T };
}

export interface Context {
  readonly db: BetterSQLite3Database;
  readonly t: Tables;
}

/** A query that is built and prepared once per connection. For the paths that every purchase and job takes. */
export interface HotQuery<T> {
  readonly name: string;
  /** false: it writes, and nobody reads its result. Postgres gets it together with the next query, or the commit. */
  readonly hasResult: boolean;
  /** true: it finds a few rows by a key. Postgres may get it together with others, which wait for it. */
  readonly isShort?: boolean;
  readonly build: (context: Context) => Query<T>;
}

/** A query that runs now, or the rows of one that was asked ahead. */
export type Step<T> = Ask<T> | { readonly query: null; readonly asked: unknown };

interface Ask<T> {
  readonly query: Query<T> | HotQuery<T>;
  readonly values: Record<string, unknown>;
  /** true: the answer is the `asked` of a later step. SQLite answers with the rows, and Postgres with a promise. */
  readonly isAhead?: boolean;
}

/**
 * A transaction (or read) as a generator of queries. SQLite runs them without a pause; on Postgres each is awaited.
 * A generator cannot await anything else, so a transaction cannot contain a call to a cloud.
 */
export type Steps<R> = Generator<Step<unknown>, R, unknown>;

/** Declares a hot query. `askHot` gives the values for its placeholders. */
export function hot<T>(name: string, build: (context: Context) => Query<T>): HotQuery<T> {
  return { name, hasResult: true, build };
}

/** Declares a hot query that finds a few rows by a key. */
export function hotRow<T>(name: string, build: (context: Context) => Query<T>): HotQuery<T> {
  return { name, hasResult: true, isShort: true, build };
}

/** Declares a hot query that only writes. An error of it ends the transaction, at the latest at its end. */
export function hotWrite(name: string, build: (context: Context) => Query<unknown>): HotQuery<unknown> {
  return { name, hasResult: false, build };
}

/** Columns whose driver takes the value as it is. Drizzle fills a placeholder without an encoder in half of the time. */
const plainColumns = new Set(['SQLiteText', 'SQLiteInteger', 'PgText', 'PgInteger']);

/** A placeholder for a value of this column, with the column's encoding; null stays null. */
export function given(name: string, column: SQLiteColumn): SQL {
  if (plainColumns.has(column.columnType)) return sql`${sql.placeholder(name)}`;
  const encoder = {
    mapToDriverValue: (value: unknown) => (value === null ? null : column.mapToDriverValue(value)),
  };
  return sql`${sql.param(sql.placeholder(name), encoder)}`;
}

/** An insert of one whole row, prepared once. `askHot` gives the row's fields. */
export function hotInsert<T extends SQLiteTable>(name: string, tableIn: (t: Tables) => T): HotQuery<unknown> {
  return hotWrite(name, ({ db, t }) => db.insert(tableIn(t)).values(wholeRow(tableIn(t))));
}

/** A placeholder for each column of a table, under the name of its field. */
export function wholeRow(table: SQLiteTable): never {
  const columns = Object.entries(getTableColumns(table));
  // Every column has a placeholder, so no row type is needed here. Callers of `askHot` pass rows of this table.
  return Object.fromEntries(columns.map(([field, column]) => [field, given(field, column)])) as never;
}

/** Runs one query and returns its rows. */
export function* ask<T>(query: Query<T>): Generator<Step<unknown>, T, unknown> {
  return (yield { query, values: {} }) as T;
}

/** Runs one hot query with these placeholder values and returns its rows. */
export function* askHot<T>(query: HotQuery<T>, values: Record<string, unknown>): Generator<Step<unknown>, T, unknown> {
  return (yield { query, values }) as T;
}

/**
 * Sends a hot query together with the next one, so that Postgres answers both at once. Returns how to read `from` of its
 * rows. The query runs also if nobody reads them.
 */
export function* askAhead<T, R>(
  query: HotQuery<T>,
  values: Record<string, unknown>,
  from: (rows: T) => R,
): Steps<() => Steps<R>> {
  const asked = yield { query, values, isAhead: true };
  return function* () {
    return from((yield { query: null, asked }) as T);
  };
}

/** For `askAhead`. */
export function firstOf<T>(rows: readonly T[]): T | undefined {
  return rows[0];
}

export function isHot<T>(query: Query<T> | HotQuery<T>): query is HotQuery<T> {
  return 'build' in query;
}
