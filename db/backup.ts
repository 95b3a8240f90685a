import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { DatabaseUnusableError, OperatorError } from './errors.ts';
import { flushPath, integrityOf } from './sqlite/copies.ts';
import { makeOwnFile } from './sqlite/own-file.ts';
import { assertWhole, startupError } from './sqlite/startup-error.ts';

/** More pages than a database can have, so that one step copies all of them. */
const allPages = 0x7fffffff;

/** The copy failed or is damaged. There is no new file. */
export class BackupError extends OperatorError {
  override readonly name = 'BackupError';
}

/**
 * Writes a consistent copy of a SQLite database to a new file, and returns its size in bytes. Other processes keep
 * reading and writing meanwhile. The file gets its name once it is complete, checked and on disk; an existing file
 * stays. Throws BackupError, or DatabaseUnusableError if the source is not a usable database.
 */
export async function backUpSqlite(source: string, target: string): Promise<number> {
  assertFree(target);
  const partial = `${target}.${process.pid}.partial`;
  try {
    makeOwnFile(partial);
    await copy(resolve(source), partial);
    assertIntact(partial);
    flushPath(partial);
    putInPlace(partial, target);
    flushPath(dirname(target));
    return statSync(target).size;
  } catch (error) {
    if (error instanceof DatabaseUnusableError || error instanceof BackupError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new BackupError(`The backup to ${target} failed: ${message}. No file was left behind.`, { cause: error });
  } finally {
    for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${partial}${end}`, { force: true });
  }
}

function assertFree(target: string): void {
  if (existsSync(target))
    throw new BackupError(`${target} exists, and a backup never overwrites a file. Give another name.`);
}

/**
 * Applies no migrations, so that the copy fits the older program. Copies all pages in one step, because a write by
 * another process between two steps would restart the copy.
 */
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

function assertIntact(partial: string): void {
  const found = integrityOf(partial);
  if (found !== 'ok') throw new BackupError(`The copy is damaged (${found}), and so may be the database.`);
}

/** Uses a link, because a rename would replace an existing file. Some file systems have no links. */
function putInPlace(partial: string, target: string): void {
  try {
    linkSync(partial, target);
  } catch (error) {
    assertFree(target);
    if (!hasNoLinks(error)) throw error;
    renameSync(partial, target);
  }
}

function hasNoLinks(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code);
}
