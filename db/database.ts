import type { FlushFailedError } from './errors.ts';
import type { Room } from './room.ts';
import type { Context, Steps } from './steps.ts';

export interface TransactOptions {
  /** How long to wait for the lock of SQLite, or for a connection to Postgres and its locks, in ms. */
  readonly busyTimeoutMs: number;
  /**
   * SQLite may commit it together with others that wait for the lock beside it. One that throws is undone alone.
   * If the disk is full or fails, all are undone and throw. Default: it commits by itself.
   */
  readonly mayShare?: boolean;
  /**
   * Given: Postgres may run its queries in between those of others in one transaction, but not of others with the same
   * text here. A transaction never waits for its own locks, and its steps may read before the others have written; so
   * only for steps that need neither. Not given or null: it has its own transaction.
   */
  readonly interleaveApart?: string | null;
}

/** One open database of either dialect. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** true: each transaction is rolled back, so that a second one finds what the first one has found. */
  readonly isPreview?: boolean;
  /** Names of the migrations that opening it applied. */
  readonly migrated: readonly string[];
  /**
   * One transaction: when it resolves, all steps are durable, and so is everything that they read. Throws
   * DatabaseBusyError after busyTimeoutMs, and DatabaseFullError if the disk has no room; then no step is recorded.
   * Throws CommitUnknownError instead if Postgres may have recorded an earlier try, and FlushFailedError if the disk
   * fails; then it is unknown whether they are.
   */
  transact<R>(name: string, steps: (context: Context) => Steps<R>, options: TransactOptions): Promise<R>;
  /**
   * Runs the steps without a transaction; for reads. On SQLite a row may be read up to a flush before it is durable.
   * Call `flush` before anything that must not happen without the row.
   */
  read<R>(name: string, steps: (context: Context) => Steps<R>): Promise<R>;
  /** Resolves once everything that was read before is durable. Throws FlushFailedError. */
  flush(): Promise<void>;
  /** The time on the database's clock. */
  time(): Promise<Date>;
  /** The room for new rows, as far as it is known. Never rejects. */
  readRoom(): Promise<Room>;
  close(): Promise<void>;
}

/**
 * Called with every statement that the connection runs, including begin and commit (in upper or lower case). On Postgres
 * also with the statement's values.
 */
export type Trace = (statement: string, values?: readonly unknown[]) => void;

export interface OpenOptions {
  readonly trace?: Trace;
  readonly disk?: DiskEvents;
  /** Writes what the kernel holds of the open file to the disk. Default: fdatasync. For tests. */
  readonly sync?: (descriptor: number) => Promise<void>;
}

/** Called for the flushes and checkpoints of SQLite's disk. Postgres calls none of them. */
export interface DiskEvents {
  /** A flush has ended, after this many seconds. */
  readonly flushed: (seconds: number) => void;
  /** The size of the WAL's part in use, in bytes. */
  readonly walGrew: (bytes: number) => void;
  /** The first flush that failed. The process must end: every later transaction throws the same error. */
  readonly flushFailed: (error: FlushFailedError) => void;
  /** The WAL keeps its commits, and grows until a later checkpoint succeeds. */
  readonly checkpointFailed: (error: Error) => void;
}
