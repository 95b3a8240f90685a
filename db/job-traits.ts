import { type JobKind, type ServerStatus, serverStatuses } from './model.ts';

/** Everything that a job's kind implies. */
interface JobTraits {
  /** Its release plans a machine of the next generation, and the job orders it. */
  readonly makesMachine: boolean;
  /**
   * It fails for good after its attempts or its deadline. A removal has no last attempt, because its machine costs
   * money.
   */
  readonly hasLastAttempt: boolean;
  /** `server`: it acts on the server and all of its machines. `machine`: it acts on the one machine in its row. */
  readonly about: 'server' | 'machine';
  /** The line that it waits in: its server's or its machine's. */
  readonly line: 'server' | 'machine';
  /** The server's status after its release; null: unchanged. */
  readonly statusWhenReleased: ServerStatus | null;
  /** The server's status after it has succeeded; null: unchanged. */
  readonly statusWhenSucceeded: ServerStatus | null;
  /** The server's status after it has failed for good; null: unchanged. */
  readonly statusWhenFailed: ServerStatus | null;
  /** From its release on, the customer is owed a server (true) or none (false); null: as before. */
  readonly isServerOwed: boolean | null;
  /** When it fails for good, the jobs that wait behind it are cancelled. */
  readonly failureCancelsWaiting: boolean;
  /** It can be cancelled while it waits, and until its server's name moves to its machine. */
  readonly isCancellable: boolean;
  /** Its server is served meanwhile, so the queue runs it after the jobs that give or take a server. */
  readonly yieldsToOthers: boolean;
  /** The server statuses in which a failed job of this kind is worth a retry. */
  readonly retriableIn: readonly ServerStatus[];
  /** It raises an alert when it stays open for long. Without this, the server's status raises one. */
  readonly alertsWhenSlow: boolean;
}

const unlessDestroyed = serverStatuses.filter((status) => status !== 'destroyed');

/** A new kind is described here and gets a handler in queues/run/perform.ts. The compiler requires both. */
export const jobTraits: Readonly<Record<JobKind, JobTraits>> = {
  create: {
    makesMachine: true,
    hasLastAttempt: true,
    about: 'machine',
    line: 'server',
    statusWhenReleased: 'installing',
    statusWhenSucceeded: 'running',
    statusWhenFailed: 'failed',
    isServerOwed: true,
    failureCancelsWaiting: true,
    isCancellable: false,
    yieldsToOthers: false,
    retriableIn: ['failed'],
    alertsWhenSlow: false,
  },
  rebuild: {
    makesMachine: true,
    hasLastAttempt: true,
    about: 'machine',
    line: 'server',
    statusWhenReleased: 'rebuilding',
    statusWhenSucceeded: 'running',
    statusWhenFailed: 'running',
    isServerOwed: null,
    failureCancelsWaiting: false,
    isCancellable: true,
    yieldsToOthers: true,
    retriableIn: ['running', 'rebuilding'],
    alertsWhenSlow: true,
  },
  suspend: {
    makesMachine: false,
    hasLastAttempt: false,
    about: 'server',
    line: 'server',
    statusWhenReleased: 'suspending',
    statusWhenSucceeded: 'suspended',
    statusWhenFailed: 'suspending',
    isServerOwed: false,
    failureCancelsWaiting: false,
    isCancellable: false,
    yieldsToOthers: false,
    retriableIn: ['suspending'],
    alertsWhenSlow: true,
  },
  resume: {
    makesMachine: true,
    hasLastAttempt: true,
    about: 'machine',
    line: 'server',
    statusWhenReleased: 'resuming',
    statusWhenSucceeded: 'running',
    statusWhenFailed: 'suspended',
    isServerOwed: true,
    failureCancelsWaiting: true,
    isCancellable: false,
    yieldsToOthers: false,
    retriableIn: ['suspended'],
    alertsWhenSlow: false,
  },
  destroy: {
    makesMachine: false,
    hasLastAttempt: false,
    about: 'server',
    line: 'server',
    statusWhenReleased: 'destroying',
    statusWhenSucceeded: 'destroyed',
    statusWhenFailed: 'destroying',
    isServerOwed: false,
    failureCancelsWaiting: false,
    isCancellable: false,
    yieldsToOthers: false,
    retriableIn: unlessDestroyed,
    alertsWhenSlow: true,
  },
  retire: {
    makesMachine: false,
    hasLastAttempt: false,
    about: 'machine',
    line: 'machine',
    statusWhenReleased: null,
    statusWhenSucceeded: null,
    statusWhenFailed: null,
    isServerOwed: null,
    failureCancelsWaiting: false,
    isCancellable: false,
    yieldsToOthers: false,
    retriableIn: unlessDestroyed,
    alertsWhenSlow: true,
  },
};
