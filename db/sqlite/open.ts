import { realpath, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import type { Database, OpenOptions } from '#db/database.ts';
import { DatabaseBusyError, DatabaseFullError, DatabaseUnusableError } from '#db/errors.ts';
import { createRoomWatch } from '#db/room.ts';
import { type HotQuery, isHot, type Prepared, type Step, type Steps } from '#db/steps.ts';
import { tablesOf } from '#db/tables.ts';
import { insideTransaction } from '#db/transaction-guard.ts';
import { drizzleOn } from './drizzle.ts';
import { createLockQueue } from './lock-queue.ts';
import type { WriteLock } from './lock-slice.ts';
import { migrateSqlite } from './migrate.ts';
import { makeOwnFile } from './own-file.ts';
import { assertWhole, isFull, isTaken, sqliteCode, startupError } from './startup-error.ts';
import { openWal, type Wal } from './wal.ts';

/**
 * Older versions can corrupt a WAL database if two connections checkpoint at once (sqlite.org/wal.html, "WAL-reset
 * bug").
 */
const oldestSafeVersion = [3, 51, 3];
const openBusyTimeoutMs = 10_000;
const longestPauseMs = 50;
const readBusyTimeoutMs = 3_000;

/**
 * Opens the database file, creates it if it does not exist, and applies the migrations.
 * Throws DatabaseUnusableError for a file that must not be used: half missing, read-only, newer than this program.
 */
export async function openSqlite(file: string, options: OpenOptions = {}): Promise<Database> {
  const connection = connect(resolve(file), options);
  try {
    const migrated = await retryWhileBusy('open', openBusyTimeoutMs, () => {
      configure(connection);
      return migrateSqlite(connection);
    });
    // For the pages that a savepoint may have to restore. In a file they would cost 6 % of a purchase's CPU time. It comes
    // after the migrations, since the sort of a new index could need too much memory.
    connection.pragma('temp_store = MEMORY');
    const wal = openWal(connection, options);
    await makeDurable(connection, wal);
    return sqliteDatabase(connection, wal, migrated);
  } catch (error) {
    connection.close();
    throw startupError(file, error instanceof DatabaseBusyError ? error.cause : error);
  }
}

function connect(file: string, { trace }: OpenOptions): SqliteConnection.Database {
  assertWhole(file);
  try {
    makeOwnFile(file);
    return new SqliteConnection(file, {
      // SQLite itself never waits; the lock queue and retryWhileBusy do.
      timeout: 0,
      ...(trace && { verbose: (sql) => trace(String(sql)) }),
    });
  } catch (error) {
    throw startupError(file, error);
  }
}

function configure(connection: SqliteConnection.Database): void {
  assertSafeVersion(String(connection.prepare('SELECT sqlite_version()').pluck().get()));
  connection.pragma('journal_mode = WAL');
  // A commit does not wait for the disk; `transact` does, once for many commits.
  connection.pragma('synchronous = NORMAL');
  // The checkpointer's thread checkpoints, so that no commit does.
  connection.pragma('wal_autocheckpoint = 0');
  connection.pragma('foreign_keys = ON');
  // Overwrites deleted rows with zeros: the VPN keys of a destroyed server must not stay in the file.
  connection.pragma('secure_delete = ON');
}

function assertSafeVersion(version: string): void {
  const parts = version.split('.').map(Number);
  const difference = oldestSafeVersion.map((part, at) => (parts[at] ?? 0) - part).find((d) => d !== 0) ?? 0;
  if (difference < 0) {
    throw new DatabaseUnusableError(
      `SQLite ${version} is older than ${oldestSafeVersion.join('.')}. Run npm ci to get the bundled version.`,
    );
  }
}

/**
 * A process before this one may have ended because its flush had failed. The kernel then takes the pages of the WAL for
 * written, and no flush writes them again. A checkpoint does: it copies them into the database file.
 */
async function makeDurable(connection: SqliteConnection.Database, wal: Wal): Promise<void> {
  connection.pragma('wal_checkpoint(PASSIVE)');
  await wal.flush();
}

function sqliteDatabase(connection: SqliteConnection.Database, wal: Wal, migrated: readonly string[]): Database {
  const context = { db: drizzleOn(connection), t: tablesOf.sqlite };
  const timeNow = connection.prepare("SELECT unixepoch('subsec') * 1000").pluck();
  const prepared = new Map<HotQuery<unknown>, Prepared<unknown>>();

  const prepare = (query: HotQuery<unknown>): Prepared<unknown> => {
    const statement = prepared.get(query) ?? query.build(context).prepare();
    prepared.set(query, statement);
    return statement;
  };
  const runStep = (step: Step<unknown>): unknown => {
    if (step.query === null) return step.asked;
    const { query, values } = step;
    return (isHot(query) ? prepare(query) : query.prepare()).execute(values).sync?.();
  };
  const runAll = <R>(steps: Steps<R>): R => {
    let step = steps.next();
    while (!step.done) step = steps.next(runStep(step.value));
    return step.value;
  };

  const queue = createLockQueue(writeLock(connection));
  const room = createRoomWatch(() => freeBytesAt(connection.name));

  return {
    dialect: 'sqlite',
    migrated,
    transact: (name, steps, options) => {
      const attempt = connection.transaction(() => insideTransaction(name, () => runAll(steps(context))));
      const transacting = queue
        .run(() => attempt.immediate(), options)
        .catch((error: unknown) => {
          throw storeError(name, error);
        });
      return thenFlush(room.observe(transacting), wal);
    },
    read: (name, steps) => retryWhileBusy(name, readBusyTimeoutMs, () => runAll(steps(context))),
    flush: wal.flush,
    // All processes of a SQLite database run on one host, so this is the clock of each of them.
    time: async () => new Date(Number(timeNow.get())),
    readRoom: room.read,
    close: async () => {
      try {
        await wal.close();
      } finally {
        connection.close();
      }
    },
  };
}

function writeLock(connection: SqliteConnection.Database): WriteLock {
  return {
    isTaken,
    inOneTransaction: (bodies) => connection.transaction(bodies).immediate(),
    isInTransaction: () => connection.inTransaction,
  };
}

/** null: the file system does not tell its size. */
async function freeBytesAt(file: string): Promise<number | null> {
  // The database may be behind a symbolic link.
  const { blocks, bfree, bavail, bsize } = await statfs(await realpath(file));
  if (blocks === 0) return null;
  // File systems keep some blocks for root alone.
  return (process.getuid?.() === 0 ? bfree : bavail) * bsize;
}

function storeError(transaction: string, error: unknown): unknown {
  if (isFull(error)) return new DatabaseFullError(transaction, error);
  return isTaken(error) ? new DatabaseBusyError(transaction, error) : error;
}

/**
 * Also flushes for a transaction that wrote nothing, or that threw: it may have read commits of this or another process
 * that are not durable yet, such as the answer of a repeated call. Of a busy or full database the caller learns only
 * that nothing was recorded.
 */
async function thenFlush<R>(transacting: Promise<R>, wal: Wal): Promise<R> {
  await transacting.catch((error: unknown) => {
    if (error instanceof DatabaseBusyError) throw error;
    // SQLite itself syncs the first page of a WAL that begins again.
    if (sqliteCode(error) === 'SQLITE_IOERR_FSYNC') throw wal.fail(error);
  });
  await wal.flush();
  return transacting;
}

/** Waits here, because SQLite's busy handler would block every other job and request of the process. */
async function retryWhileBusy<R>(name: string, busyTimeoutMs: number, attempt: () => R): Promise<R> {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return attempt();
    } catch (error) {
      if (!isTaken(error)) throw error;
      if (performance.now() >= giveUpAt) throw new DatabaseBusyError(name, error);
    }
    await delay(pauseMs * (0.5 + Math.random()));
  }
}
