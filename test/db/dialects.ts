import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../postgres.ts';

/** Where the tests of one file get their empty databases from. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** Why it cannot be tested here; null: it can. */
  readonly missing: string | null;
  start(): Promise<void>;
  /** The DATABASE_URL of a database that nobody has opened. */
  emptyDatabase(): Promise<string>;
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
    stop: async () => server?.stop(),
  };
}
