import { type SQL, type SQLiteColumn, sql } from './orm.ts';

/**
 * One of the model's words as text in a statement, instead of a parameter. SQLite uses a partial index only if it reads
 * the index's condition in the statement itself. Not for values from outside: throws for anything but a plain word.
 */
export function literal(word: string): SQL {
  if (!/^[a-z-]+$/.test(word)) throw new Error(`${JSON.stringify(word)} is not a word of the model.`);
  return sql.raw(`'${word}'`);
}

/** The condition that the column has one of these values; each is written as `literal` does. */
export function isOneOf(column: SQLiteColumn | SQL, values: readonly string[]): SQL {
  return sql`${column} in (${sql.join(values.map(literal), sql.raw(', '))})`;
}

/**
 * The text of the column, so that no index on it is used. For a condition beside one that finds fewer rows: without
 * statistics, SQLite takes the index with the most equal columns, and reads every job of a state for one server. Postgres
 * does so as well, or reads both indexes, as long as its statistics are from a time when the state was rare.
 */
export function unindexed(column: SQLiteColumn): SQL {
  return sql`(${column} || '')`;
}
