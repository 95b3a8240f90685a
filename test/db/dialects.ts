import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import pg from 'pg';
import { startTestPgBouncer, type TestPgBouncer, whyNoPgBouncer } from '../pgbouncer.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../postgres.ts';

/** Makes empty databases for the tests of one file. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** The reason why it cannot be tested here; null if it can. */
  readonly missing: string | null;
  start(): Promise<void>;
  /** The DATABASE_URL of a new database that was never opened. */
  emptyDatabase(): Promise<string>;
  /** Runs SQL without the Store. */
  execute(url: string, sql: string): Promise<void>;
  stop(): Promise<void>;
}

export function sqliteDialect(): Dialect {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-db-'));
  let made = 0;
  return {
    name: 'sqlite',
    missing: null,
    start: () => Promise.resolve(),
    emptyDatabase: () => Promise.resolve(`file:${join(folder, `${++made}.db`)}`),
    execute: (url, sql) => {
      const connection = new SqliteConnection(url.slice('file:'.length));
      connection.exec(sql).close();
      return Promise.resolve();
    },
    stop: () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
  };
}

export function postgresDialect(): Dialect {
  let server: TestPostgres | null = null;
  return {
    name: 'postgres',
    missing: whyNoPostgres(),
    start: async () => {
      server = await startTestPostgres();
    },
    emptyDatabase: () => server?.createDatabase() ?? Promise.reject(new Error('start() comes first.')),
    execute: async (url, sql) => {
      const client = new pg.Client(url);
      await client.connect();
      await client.query(sql).finally(() => client.end());
    },
    stop: async () => server?.stop(),
  };
}

/** Postgres through a PgBouncer in transaction mode. */
export function pooledDialect(): Dialect {
  const direct = postgresDialect();
  let pooler: TestPgBouncer | null = null;
  return {
    ...direct,
    missing: direct.missing ?? whyNoPgBouncer(),
    start: async () => {
      await direct.start();
      pooler = await startTestPgBouncer('transaction', Number(new URL(await direct.emptyDatabase()).port));
    },
    emptyDatabase: async () => {
      const url = await direct.emptyDatabase();
      return pooler?.through(url) ?? url;
    },
    stop: async () => {
      await pooler?.stop();
      await direct.stop();
    },
  };
}
