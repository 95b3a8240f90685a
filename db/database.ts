import type { Context, Steps } from './steps.ts';

export interface TransactOptions {
  /** How long to keep trying while the database is locked, in ms. */
  readonly busyTimeoutMs: number;
}

/** One open database of either dialect. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** The migrations that were applied as it was opened. */
  readonly migrated: readonly string[];
  /** One transaction: all of the steps are durable when it resolves, or none. Throws DatabaseBusyError after the patience. */
  transact<R>(name: string, steps: (context: Context) => Steps<R>, options: TransactOptions): Promise<R>;
  /** The steps without a transaction; for reads. */
  read<R>(name: string, steps: (context: Context) => Steps<R>): Promise<R>;
  /** What the database's own clock shows. */
  time(): Promise<Date>;
  close(): Promise<void>;
}

/** Told of every statement that the connection runs, begin and commit (in either case) included. */
export type Trace = (statement: string) => void;

export interface OpenOptions {
  readonly trace?: Trace;
}
