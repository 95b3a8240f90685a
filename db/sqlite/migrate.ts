import type SqliteConnection from 'better-sqlite3';
import { DatabaseUnusableError } from '#db/errors.ts';
import { assertNotNewer, migrationsOf } from '#db/migrations.ts';

/**
 * Applies what is missing, each migration once, in one immediate transaction: of two processes that start together the
 * second waits and finds nothing to do. Returns the names of those that it applied. Foreign keys are off meanwhile, since SQLite rebuilds tables by replacing them.
 */
export function migrateSqlite(connection: SqliteConnection.Database): string[] {
  connection.pragma('foreign_keys = OFF');
  const names = connection
    .transaction(() => {
      connection.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_at TEXT NOT NULL) STRICT');
      const applied = connection.prepare<[], string>('SELECT name FROM migrations ORDER BY name').pluck().all();
      const known = migrationsOf('sqlite');
      assertNotNewer(applied, known);
      const record = connection.prepare('INSERT INTO migrations VALUES (?, ?)');
      const missing = known.filter(({ name }) => !applied.includes(name));
      for (const migration of missing) {
        connection.exec(migration.sql);
        record.run(migration.name, new Date().toISOString());
      }
      assertForeignKeys(connection);
      // A write, so that a file that cannot be written is refused: BEGIN IMMEDIATE alone takes a read-only one.
      connection.pragma(`user_version = ${known.length}`);
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
      `The database has ${broken.length} rows whose foreign keys point nowhere; restore a backup.`,
    );
  }
}
