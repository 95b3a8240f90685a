/** What a scenario wants to be different from the usual installation. */
export interface Setting {
  /** API processes, between which a client changes when one does not answer: 1. */
  readonly apis?: number;
  /** Worker processes for each run that goes on at the same time: 2. */
  readonly workers?: number;
  /** Of each worker: 20. */
  readonly concurrency?: number;
  /** Which of the simulator's clouds: Vultr's way of speaking, as the simulator's own driver does. */
  readonly cloud?: 'hetzner';
  readonly apiEnv?: Record<string, string>;
  readonly workerEnv?: Record<string, string>;
  readonly simulatorEnv?: Record<string, string>;
  /** Whether the queue outlives a killed Redis: yes. */
  readonly appendOnly?: boolean;
  /** Each process reaches Redis through a proxy that can hold commands and break connections. */
  readonly proxied?: boolean;
  /** Where the database is: an SQLite file in the installation's folder. */
  readonly database?: (folder: string) => Promise<DatabasePlace>;
  /** Words before a worker's `node`, such as a tracer's. */
  readonly workerWrapper?: readonly string[];
}

/** A database that a scenario made for itself. */
export interface DatabasePlace {
  readonly url: string;
  /** Its server goes down and comes back; only where there is one. */
  restart?(): Promise<void>;
  /** Called once every process is gone. */
  close(): Promise<void>;
}
