import type { Context, Steps } from './steps.ts';

export interface TransactOptions {
  /** How long to keep trying while the database is locked, in ms. */
  readonly busyTimeoutMs: number;
}

/** One open database of either dialect. */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** Names of the migrations that opening it applied. */
  readonly migrated: readonly string[];
  /**
   * One transaction: when it resolves, all steps are durable; otherwise none is. Throws DatabaseBusyError after
   * busyTimeoutMs.
   */
  transact<R>(name: string, steps: (context: Context) => Steps<R>, options: TransactOptions): Promise<R>;
  /** Runs the steps without a transaction; for reads. */
  read<R>(name: string, steps: (context: Context) => Steps<R>): Promise<R>;
  /** The time on the database's clock. */
  time(): Promise<Date>;
  close(): Promise<void>;
}

/** Called with every statement that the connection runs, including begin and commit (in upper or lower case). */
export type Trace = (statement: string) => void;

export interface OpenOptions {
  readonly trace?: Trace;
}
