import { closeSync, fsyncSync, openSync } from 'node:fs';
import SqliteConnection from 'better-sqlite3';

/**
 * The result of SQLite's integrity check; `ok`: the file is whole. Also ends WAL mode: a database without a -wal file
 * can be read from a read-only place.
 */
export function integrityOf(file: string): string {
  const connection = new SqliteConnection(file, { fileMustExist: true });
  try {
    connection.pragma('journal_mode = DELETE');
    return String(connection.pragma('integrity_check', { simple: true }));
  } finally {
    connection.close();
  }
}

/** Brings a file, or the names in a folder, to the disk. */
export function flushPath(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
