import SqliteConnection from 'better-sqlite3';
import pg from 'pg';

/** A connection that counts rows, in either database. */
export interface Rows {
  /** The one number that the query selects. */
  count(sql: string): Promise<number>;
  all(sql: string): Promise<Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export function openRows(url: string): Rows {
  return url.startsWith('file:') ? sqliteRows(url.slice('file:'.length)) : postgresRows(url);
}

function sqliteRows(file: string): Rows {
  const connection = new SqliteConnection(file, { readonly: true, timeout: 5_000 });
  return {
    count: async (sql) => Number(connection.prepare(sql).pluck().get()),
    all: async (sql) => connection.prepare<[], Record<string, unknown>>(sql).all(),
    close: async () => void connection.close(),
  };
}

function postgresRows(url: string): Rows {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const all = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows;
  return {
    all,
    count: async (sql) => Number(Object.values((await all(sql))[0] ?? {})[0]),
    close: () => pool.end(),
  };
}
