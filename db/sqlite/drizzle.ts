import type SqliteConnection from 'better-sqlite3';
import { type BetterSQLite3Database, loadSqliteDriver, type SQL, sql } from '#db/orm.ts';

/** The parts of drizzle's dialect that write parameters. It declares them as internal. */
interface Dialect {
  escapeParam: () => string;
  buildLimit: (limit: unknown) => SQL | undefined;
}

/**
 * Drizzle on a connection, with statements that SQLite plans once. It plans a statement again at each run if the value
 * of a parameter could change the plan, and that takes longer than most of our statements run: the head of a line took
 * 23 µs instead of 2. Neither `+?` nor a number in the text has such a value. The plus changes nothing else.
 */
export function drizzleOn(connection: SqliteConnection.Database): BetterSQLite3Database {
  const db = loadSqliteDriver().drizzle(connection);
  const { dialect } = db as unknown as { readonly dialect: Dialect };
  const buildLimit = dialect.buildLimit.bind(dialect);
  dialect.escapeParam = () => '+?';
  dialect.buildLimit = (limit) => (isCount(limit) ? sql.raw(` limit ${limit}`) : buildLimit(limit));
  return db;
}

function isCount(limit: unknown): limit is number {
  return Number.isSafeInteger(limit) && Number(limit) >= 0;
}
