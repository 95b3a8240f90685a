import type SqliteConnection from 'better-sqlite3';
import { DatabaseRefusedError } from './errors.ts';
import { assertNotNewer, migrationsOf } from './migrations.ts';

/**
 * Applies what is missing, each migration once, in one immediate transaction: of two processes that start together the
 * second waits and finds nothing to do. Foreign keys are off meanwhile, since SQLite rebuilds tables by replacing them.
 */
export function migrateSqlite(connection: SqliteConnection.Database): void {
  connection.pragma('foreign_keys = OFF');
  connection
    .transaction(() => {
      connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
      const applied = connection.prepare<[], string>('SELECT name FROM migrations ORDER BY name').pluck().all();
      const known = migrationsOf('sqlite');
      assertNotNewer(applied, known);
      const record = connection.prepare('INSERT INTO migrations VALUES (?, ?)');
      for (const migration of known.filter(({ name }) => !applied.includes(name))) {
        connection.exec(migration.sql);
        record.run(migration.name, new Date().toISOString());
      }
      assertForeignKeys(connection);
    })
    .immediate();
  connection.pragma('foreign_keys = ON');
}

function assertForeignKeys(connection: SqliteConnection.Database): void {
  const broken = connection.pragma('foreign_key_check');
  if (Array.isArray(broken) && broken.length > 0) {
    throw new DatabaseRefusedError(
      `The database has ${broken.length} rows whose foreign keys point nowhere; restore a backup.`,
    );
  }
}
