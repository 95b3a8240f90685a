import { chmodSync, closeSync, copyFileSync, existsSync, linkSync, openSync, readSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { OperatorError } from './errors.ts';
import { restoredSetting } from './settings.ts';
import { flushPath, integrityOf } from './sqlite/copies.ts';
import { sqliteCode, startupError } from './sqlite/startup-error.ts';

/** The first bytes of every SQLite database (sqlite.org/fileformat.html). */
const magic = Buffer.from('SQLite format 3\0');

/** The backup cannot be restored. The database is unchanged. */
export class RestoreError extends OperatorError {
  override readonly name = 'RestoreError';
}

/** Copies a backup and checks every page of the copy. Throws RestoreError or DatabaseUnusableError. */
export function copyBackup(backup: string, copy: string): void {
  if (!existsSync(backup)) throw new RestoreError(`There is no backup ${backup}.`);
  try {
    copyFileSync(backup, copy);
    chmodSync(copy, 0o600);
    const found = integrityOf(copy);
    if (found !== 'ok') throw new RestoreError(`${backup} is damaged (${found}). Restore another backup.`);
  } catch (error) {
    throw startupError(backup, error);
  }
}

const hourMs = 60 * 60_000;

/** Records in the copy that it is restored now: news that is written from now on is newer than all before. */
export function markRestored(copy: string, now: Date): void {
  const connection = new SqliteConnection(copy);
  const put = `INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`;
  const hours = Math.floor(now.getTime() / hourMs);
  connection.prepare(put).run(restoredSetting.name, JSON.stringify(hours), now.getTime());
  connection.close();
}

/** Throws RestoreError if a process has the database open. A damaged or missing one passes. */
export function assertUnused(file: string): void {
  if (!existsSync(file) || !isDatabase(file)) return;
  try {
    const connection = new SqliteConnection(file, { timeout: 0 });
    try {
      // Needs the file for itself, and brings the commits of the -wal file into it.
      if (connection.pragma('journal_mode = DELETE', { simple: true }) === 'delete') return;
    } finally {
      connection.close();
    }
  } catch (error) {
    if (!sqliteCode(error).startsWith('SQLITE_BUSY')) return;
  }
  throw new RestoreError(`${file} is in use. Stop the API and all workers, then restore again.`);
}

/** Whether the file begins as SQLite's do. SQLite would delete the -wal file of another, which a person may still need. */
function isDatabase(file: string): boolean {
  const begin = Buffer.alloc(magic.length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, begin, 0, begin.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return begin.equals(magic);
}

/**
 * Puts the copy in the place of the database, which gets the name `aside`. The database's name always leads to one of
 * the two, so that no process that starts meanwhile makes an empty one.
 */
export function replaceDatabase(file: string, copy: string, aside: string): void {
  // Only a damaged database still has these. SQLite would apply their old commits to the copy.
  for (const end of ['-wal', '-shm']) if (existsSync(`${file}${end}`)) renameSync(`${file}${end}`, `${aside}${end}`);
  if (existsSync(file)) linkOrCopy(file, aside);
  flushPath(copy);
  renameSync(copy, file);
  flushPath(dirname(file));
}

/** Some file systems have no links. */
function linkOrCopy(file: string, aside: string): void {
  try {
    linkSync(file, aside);
  } catch {
    copyFileSync(file, aside);
  }
}
