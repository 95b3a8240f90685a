import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type SqliteConnection from 'better-sqlite3';

export interface CheckpointerEvents {
  /** The size of the WAL's part in use, in bytes. The file itself keeps the largest size that it had. */
  readonly walGrew: (bytes: number) => void;
  /** The WAL keeps its commits, and grows until a later checkpoint succeeds. */
  readonly checkpointFailed: (error: Error) => void;
  /** An fsync of the checkpoint failed. A repeated one could succeed without the pages of this one. */
  readonly syncFailed: (error: Error) => void;
}

export interface Checkpointer {
  /** Starts a checkpoint if the WAL has grown; to be called after each flush. Never throws. */
  look(): void;
  /** Ends the thread, after the checkpoint that it is making. */
  close(): Promise<void>;
}

/**
 * A message to the thread. `passive` copies what no reader needs any more, beside all writers. `restart` also copies the
 * rest while writers wait, so that the next commit begins the WAL again. `close` ends the thread.
 */
type CheckpointMode = 'passive' | 'restart' | 'close';

/** The thread's answer. */
interface CheckpointReply {
  /** false: another process, a writer or a reader was in its way, or it failed. */
  readonly isComplete: boolean;
  /** The code and the message of the error; null: it did not fail. */
  readonly error: string | null;
}

/** 4 MB with pages of 4 kB, which is SQLite's own default. */
export const passiveFrames = 1_000;
/** 16 MB: writers that never pause keep a passive checkpoint from reaching the end, so the WAL needs a harder one. */
export const restartFrames = 4_000;
/** A restart holds the write lock for up to 20 ms while a reader of old pages, such as a backup, is in its way. */
const pauseWhenBusyMs = 200;
const pauseAfterErrorMs = 1_000;
/** A look costs the event loop about 10 µs. */
const lookEveryMs = 20;
/** Before each frame, SQLite writes 24 bytes about it. */
const frameHeaderBytes = 24;

/**
 * Checkpoints in a thread of its own, so that the event loop never copies pages or waits for their fsync. The thread
 * starts when the WAL has grown for the first time; a command that writes little never has one. If several processes
 * checkpoint one file, SQLite lets one do it, and the others come back later.
 */
export function createCheckpointer(connection: SqliteConnection.Database, events: CheckpointerEvents): Checkpointer {
  const measure = connection.prepare<[], WalFrames>('PRAGMA wal_checkpoint(NOOP)');
  const frameBytes = Number(connection.pragma('page_size', { simple: true })) + frameHeaderBytes;
  let thread: Worker | null = null;
  let isWorking = false;
  let nextLookAt = 0;

  const ended = (reply: CheckpointReply) => {
    isWorking = false;
    if (reply.isComplete) return;
    nextLookAt = performance.now() + (reply.error === null ? pauseWhenBusyMs : pauseAfterErrorMs);
    if (reply.error === null) return;
    if (reply.error.includes('SQLITE_IOERR_FSYNC')) events.syncFailed(new Error(reply.error));
    else events.checkpointFailed(new Error(reply.error));
  };
  const exited = () => {
    thread = null;
  };
  const lookNow = () => {
    const frames = measure.get();
    if (!frames) return;
    events.walGrew(frames.log * frameBytes);
    const mode = modeFor(frames);
    if (!mode) return;
    isWorking = true;
    thread ??= startThread(connection.name, { ended, exited });
    thread.postMessage(mode);
  };
  return {
    look: () => {
      if (isWorking || performance.now() < nextLookAt) return;
      nextLookAt = performance.now() + lookEveryMs;
      try {
        lookNow();
      } catch (error) {
        // The flush before it has succeeded. Perhaps the system has no thread left.
        ended({ isComplete: false, error: String(error) });
      }
    },
    close: async () => {
      if (!thread) return;
      thread.ref();
      thread.postMessage('close' satisfies CheckpointMode);
      await once(thread, 'exit');
    },
  };
}

/** SQLite's answer to a checkpoint: the frames in the WAL, and how many of them are in the database file. */
interface WalFrames {
  readonly log: number;
  readonly checkpointed: number;
}

function modeFor({ log, checkpointed }: WalFrames): CheckpointMode | null {
  // The next commit begins the WAL again by itself.
  if (log === checkpointed) return null;
  if (log >= restartFrames) return 'restart';
  return log - checkpointed >= passiveFrames ? 'passive' : null;
}

interface ThreadEvents {
  readonly ended: (reply: CheckpointReply) => void;
  readonly exited: () => void;
}

function startThread(file: string, { ended, exited }: ThreadEvents): Worker {
  const started = new Worker(new URL('./checkpoint-thread.mjs', import.meta.url), {
    workerData: { file },
    // Not the --import of a process that `npm start` began: it ends a process, not a thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
  });
  started.on('message', ended);
  started.on('error', (error) => ended({ isComplete: false, error: String(error) }));
  started.on('exit', exited);
  // Only after the listeners, since each of them would keep the process alive.
  started.unref();
  return started;
}
