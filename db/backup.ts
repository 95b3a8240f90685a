import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { DatabaseUnusableError, OperatorError } from './errors.ts';
import { makeOwnFile } from './own-file.ts';
import { assertWhole, startupError } from './sqlite-startup-error.ts';

/** More pages than a database can have, so that all of them are copied in one step. */
const allPages = 0x7fffffff;

/** The copy could not be made, or is not sound; there is no new file. */
export class BackupError extends OperatorError {
  override readonly name = 'BackupError';
}

/**
 * Writes a consistent copy of a SQLite database to a new file while everything goes on, and returns its size in bytes.
 * The file has its name only once it is complete, checked and on disk; what has the name already stays as it is.
 * Throws BackupError, or DatabaseUnusableError for a source that is not a usable database.
 */
export async function backUpSqlite(source: string, target: string): Promise<number> {
  assertFree(target);
  const partial = `${target}.${process.pid}.partial`;
  try {
    makeOwnFile(partial);
    await copy(resolve(source), partial);
    assertSound(partial);
    flush(partial);
    giveName(partial, target);
    flush(dirname(target));
    return statSync(target).size;
  } catch (error) {
    if (error instanceof DatabaseUnusableError || error instanceof BackupError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new BackupError(`The backup to ${target} failed: ${words}. Nothing was left behind.`, { cause: error });
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${end}`, { force: true });
  }
}

function assertFree(target: string): void {
  if (existsSync(target)) throw new BackupError(`${target} exists; a backup never overwrites. Give another name.`);
}

/** Applies no migrations: it may be the copy to go back to. In one step, since other processes' writes would restart it. */
async function copy(source: string, partial: string): Promise<void> {
  assertWhole(source);
  const connection = openSource(source);
  try {
    await connection.backup(partial, { progress: () => allPages });
  } finally {
    connection.close();
  }
}

function openSource(source: string): SqliteConnection.Database {
  try {
    const connection = new SqliteConnection(source, { fileMustExist: true });
    connection.pragma('schema_version');
    return connection;
  } catch (error) {
    throw startupError(source, error);
  }
}

/** Also makes it a database without a -wal file, which can be read where nothing can be written. */
function assertSound(partial: string): void {
  const connection = new SqliteConnection(partial, { fileMustExist: true });
  try {
    connection.pragma('journal_mode = DELETE');
    const found = connection.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw new BackupError(`The copy is not sound (${found}), and neither may be the database.`);
  } finally {
    connection.close();
  }
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** A link fails where the name is taken, which a rename does not; some file systems know no links. */
function giveName(partial: string, target: string): void {
  try {
    linkSync(partial, target);
  } catch (error) {
    assertFree(target);
    if (!knowsNoLinks(error)) throw error;
    renameSync(partial, target);
  }
}

function knowsNoLinks(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code);
}
