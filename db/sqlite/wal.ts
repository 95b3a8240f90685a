import { closeSync, fdatasync, openSync, realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type SqliteConnection from 'better-sqlite3';
import type { OpenOptions } from '#db/database.ts';
import type { FlushFailedError } from '#db/errors.ts';
import { createCheckpointer } from './checkpointer.ts';
import { createFlusher } from './flusher.ts';

const syncOnThread = promisify(fdatasync);

/** The -wal file of an open connection, which holds the commits until a checkpoint copies them. */
export interface Wal {
  /**
   * Resolves once every commit of any process that was visible before the call is on disk. Rejects with
   * FlushFailedError.
   */
  flush(): Promise<void>;
  /** Takes a failed sync by SQLite for a failed flush. */
  fail(cause: unknown): FlushFailedError;
  /** Waits for a last flush, and ends the checkpoints. Call it before the connection closes. */
  close(): Promise<void>;
}

/**
 * To be called after the first write of the connection, which makes the file. The descriptor stays valid as long as the
 * connection: SQLite removes or replaces the file only when the last connection closes. SQLite's locks are on the
 * database file and on -shm, so closing this descriptor releases none.
 */
export function openWal(connection: SqliteConnection.Database, { sync = syncOnThread, disk }: OpenOptions): Wal {
  // SQLite follows a symbolic link, and puts the WAL beside the real file.
  const descriptor = openSync(`${realpathSync(connection.name)}-wal`, 'r+');
  const checkpointer = createCheckpointer(connection, {
    walGrew: (bytes) => disk?.walGrew(bytes),
    checkpointFailed: (error) => disk?.checkpointFailed(error),
    syncFailed: (error) => void flusher.fail(error),
  });
  const flusher = createFlusher(() => sync(descriptor), {
    flushed: (seconds) => {
      disk?.flushed(seconds);
      if (connection.open) checkpointer.look();
    },
    flushFailed: (error) => disk?.flushFailed(error),
  });
  let isClosed = false;
  return {
    flush: async () => {
      if (isClosed) throw new Error('The database is closed.');
      await flusher.flush();
    },
    fail: flusher.fail,
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      try {
        await flusher.flush();
      } finally {
        await checkpointer.close();
        closeSync(descriptor);
      }
    },
  };
}
