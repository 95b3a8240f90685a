import SqliteConnection from 'better-sqlite3';
import pg from 'pg';
import { BackupError } from './backup.ts';
import { type LastBackup, lastBackupSetting } from './settings.ts';

const connectTimeoutMs = 10_000;

/**
 * Records a good backup in the database that was backed up, for the alert backup-old. `null`: nobody expects backups
 * any more. Applies no migration: the service may still be older than this program. Throws BackupError.
 */
export async function recordBackup(url: string, backup: LastBackup | null): Promise<void> {
  try {
    await (url.startsWith('file:') ? recordInSqlite(url.slice('file:'.length), backup) : recordInPostgres(url, backup));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BackupError(`The backup could not be recorded for the alert backup-old (${why}). No file was removed.`, {
      cause,
    });
  }
}

function recordInSqlite(file: string, backup: LastBackup | null): void {
  const connection = new SqliteConnection(file, { fileMustExist: true, timeout: connectTimeoutMs });
  try {
    // The checkpointer of the service checkpoints.
    connection.pragma('wal_autocheckpoint = 0');
    if (backup === null)
      return void connection.prepare('DELETE FROM settings WHERE name = ?').run(lastBackupSetting.name);
    connection
      .prepare(
        'INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at',
      )
      .run(lastBackupSetting.name, JSON.stringify(backup), Date.now());
  } finally {
    connection.close();
  }
}

async function recordInPostgres(url: string, backup: LastBackup | null): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  await client.connect();
  try {
    if (backup === null)
      return void (await client.query('DELETE FROM settings WHERE name = $1', [lastBackupSetting.name]));
    await client.query(
      'INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, now()) ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at',
      [lastBackupSetting.name, JSON.stringify(backup)],
    );
  } finally {
    await client.end();
  }
}
