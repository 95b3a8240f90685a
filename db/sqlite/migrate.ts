import type SqliteConnection from 'better-sqlite3';
import { DatabaseUnusableError } from '#db/errors.ts';
import { assertNotNewer, migrationsOf } from '#db/migrations.ts';

/**
 * Applies the missing migrations in one immediate transaction, and returns their names. If two processes start
 * together, the second waits and finds nothing to do. Foreign keys are off meanwhile: SQLite rebuilds a table by
 * replacing it.
 */
export function migrateSqlite(connection: SqliteConnection.Database): string[] {
  connection.pragma('foreign_keys = OFF');
  const names = connection
    .transaction(() => {
      connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
      const applied = connection.prepare<[], string>('SELECT name FROM migrations ORDER BY name').pluck().all();
      const shipped = migrationsOf('sqlite');
      assertNotNewer(applied, shipped);
      const record = connection.prepare('INSERT INTO migrations VALUES (?, ?)');
      const missing = shipped.filter(({ name }) => !applied.includes(name));
      for (const migration of missing) {
        connection.exec(migration.sql);
        record.run(migration.name, new Date().toISOString());
      }
      assertForeignKeys(connection);
      // Always write something: BEGIN IMMEDIATE alone succeeds on a read-only file.
      connection.pragma(`user_version = ${shipped.length}`);
      return missing.map(({ name }) => name);
    })
    .immediate();
  connection.pragma('foreign_keys = ON');
  return names;
}

function assertForeignKeys(connection: SqliteConnection.Database): void {
  const broken = connection.pragma('foreign_key_check');
  if (Array.isArray(broken) && broken.length > 0) {
    throw new DatabaseUnusableError(
      `The database has ${broken.length} rows whose foreign keys refer to no row. Restore a backup.`,
    );
  }
}
