import { existsSync } from 'node:fs';
import SqliteConnection from 'better-sqlite3';
import { DatabaseUnusableError, isNoSpace, OperatorError } from '#db/errors.ts';

/** Throws DatabaseUnusableError if the -wal file with the last commits exists and the database file does not. */
export function assertWhole(file: string): void {
  if (!existsSync(file) && existsSync(`${file}-wal`)) {
    throw new DatabaseUnusableError(
      `${file}-wal exists without ${file}: the database was moved or removed without its last commits. Put the database file back, or restore a backup and delete the -wal file.`,
    );
  }
}

/** The error of a failed start, as a message that says what to do. */
export function startupError(file: string, error: unknown): Error {
  if (error instanceof OperatorError) return error;
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_READONLY'))
    return new DatabaseUnusableError(
      `${file} is read-only for this user. The service must be able to write to the file and its folder.`,
      { cause: error },
    );
  if (code.startsWith('SQLITE_NOTADB') || code.startsWith('SQLITE_CORRUPT'))
    return new DatabaseUnusableError(
      `${file} is not a usable SQLite database (${code}). Restore a backup; docs/runbook.md says how.`,
      { cause: error },
    );
  if (isFull(error) || isNoSpace(error))
    return new DatabaseUnusableError(`The disk of ${file} is full. Free some space on it, then start again.`, {
      cause: error,
    });
  if (isTaken(error))
    return new DatabaseUnusableError(
      `${file} stays locked by another process, perhaps one that applies migrations. Try again when that process is done.`,
      { cause: error },
    );
  if (code.startsWith('SQLITE_CANTOPEN') || !code)
    return new DatabaseUnusableError(
      `${file} cannot be opened: ${error instanceof Error ? error.message : String(error)}. Check DATABASE_URL and the folder's permissions.`,
      { cause: error },
    );
  return error instanceof Error ? error : new Error(String(error));
}

/** Whether another connection has the lock, so that nothing was read or written. */
export function isTaken(error: unknown): boolean {
  return sqliteCode(error).startsWith('SQLITE_BUSY');
}

/** Whether the disk has no room: for the -wal file or the database, or for the -shm file, whose pages SQLite allots first. */
export function isFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'].includes(sqliteCode(error));
}

/** SQLite's result code, such as SQLITE_BUSY; empty if the error is not SQLite's. */
export function sqliteCode(error: unknown): string {
  return error instanceof SqliteConnection.SqliteError ? error.code : '';
}
