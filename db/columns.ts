import { pgCore, sqliteCore } from './orm.ts';

/** The column types that the tables use, for SQLite. */
const sqliteColumns = {
  table: sqliteCore.sqliteTable,
  text: (name: string) => sqliteCore.text(name),
  oneOf: <const T extends readonly [string, ...string[]]>(name: string, values: T) =>
    sqliteCore.text(name, { enum: [...values] as unknown as T }),
  int: (name: string) => sqliteCore.integer(name),
  /** An amount in a currency's smallest unit. */
  money: (name: string) => sqliteCore.integer(name),
  flag: (name: string) => sqliteCore.integer(name, { mode: 'boolean' }),
  time: (name: string) => sqliteCore.integer(name, { mode: 'timestamp_ms' }),
  json: (name: string) => sqliteCore.text(name, { mode: 'json' }),
  serial: (name: string) => sqliteCore.integer(name).primaryKey({ autoIncrement: true }),
  key: sqliteCore.primaryKey,
};
export type Columns = typeof sqliteColumns;

/** The same column types for Postgres. They are typed as SQLite's, so that tables and queries are written once. */
const postgresColumns = {
  table: pgCore.pgTable,
  text: (name: string) => pgCore.text(name),
  oneOf: (name: string) => pgCore.text(name),
  int: (name: string) => pgCore.integer(name),
  money: (name: string) => pgCore.bigint(name, { mode: 'number' }),
  flag: (name: string) => pgCore.boolean(name),
  time: (name: string) => pgCore.timestamp(name, { withTimezone: true, precision: 3, mode: 'date' }),
  // Not jsonb, which sorts the keys: a stored answer must come back unchanged.
  json: (name: string) => pgCore.json(name),
  serial: (name: string) => pgCore.serial(name).primaryKey(),
  key: pgCore.primaryKey,
} as unknown as Columns;

export const columnsOf = { sqlite: sqliteColumns, postgres: postgresColumns };
