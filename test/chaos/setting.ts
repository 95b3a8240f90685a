/** The differences between the installation of a scenario and the usual one. */
export interface Setting {
  /** API processes. A client changes to the next one if a call fails. Default 1. */
  readonly apis?: number;
  /** Worker processes for each simultaneous run. Default 2. */
  readonly workers?: number;
  /** Simultaneous jobs of each worker. Default 20. */
  readonly concurrency?: number;
  /** The simulated cloud. Default: the simulator's own driver, which uses Vultr's API. */
  readonly cloud?: 'hetzner';
  /** Customers pay the simulated Stripe, and the service looks there. */
  readonly payments?: boolean;
  readonly apiEnv?: Record<string, string>;
  readonly workerEnv?: Record<string, string>;
  readonly simulatorEnv?: Record<string, string>;
  /** Whether the queue survives a kill of Redis. Default true. */
  readonly appendOnly?: boolean;
  /** Redis is the primary of a group that three Sentinels watch, and the processes ask them for it. */
  readonly sentinels?: boolean;
  /** Each process reaches Redis through a proxy that can drop commands and break connections. */
  readonly proxied?: boolean;
  /** Makes the database. Default: an SQLite file in the installation's folder. */
  readonly database?: (folder: string) => Promise<ScenarioDatabase>;
  /** A command that runs each worker's `node`, such as a tracer with its arguments. */
  readonly workerWrapper?: readonly string[];
}

/** A database that a scenario made for itself. */
export interface ScenarioDatabase {
  readonly url: string;
  /** Restarts the database server. Absent on SQLite. */
  restart?(): Promise<void>;
  /** Called once every process has ended. */
  close(): Promise<void>;
}
