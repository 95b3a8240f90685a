/** The kinds, states and transitions that every other file relies on. */

/** What a customer or operator can ask for; `retire` removes a replaced machine and is asked for by a rebuild alone. */
export const jobKinds = ['create', 'rebuild', 'destroy', 'retire'] as const;
export type JobKind = (typeof jobKinds)[number];

export const jobStates = ['waiting', 'released', 'succeeded', 'failed', 'cancelled'] as const;
export type JobState = (typeof jobStates)[number];
export const openJobStates = ['waiting', 'released'] as const satisfies readonly JobState[];
export type ClosedJobState = Exclude<JobState, (typeof openJobStates)[number]>;

export function isOpen(state: JobState): state is (typeof openJobStates)[number] {
  return state === 'waiting' || state === 'released';
}

/**
 * Where each state leads. A row begins in the first state of its list, and ends in one that leads nowhere. The tests of the
 * Store check each change of a row against these lists, and docs/how-it-works.md draws them.
 */
export const jobTransitions = {
  waiting: ['released', 'cancelled'],
  released: ['succeeded', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<JobState, readonly JobState[]>;

export const serverStatuses = ['installing', 'running', 'rebuilding', 'destroying', 'destroyed', 'failed'] as const;
export type ServerStatus = (typeof serverStatuses)[number];

export const serverTransitions = {
  installing: ['running', 'failed', 'destroying'],
  running: ['rebuilding', 'destroying'],
  rebuilding: ['running', 'destroying'],
  destroying: ['destroyed'],
  destroyed: [],
  failed: ['installing', 'destroying'],
} as const satisfies Record<ServerStatus, readonly ServerStatus[]>;

/**
 * A machine's place in its server's life:
 * planned (asked for, perhaps made) → current → replaced (its successor took over, retire is due) → gone;
 * abandoned (its job ended without proof that it is gone; the inventory removes it) → gone.
 */
export const machineStates = ['planned', 'current', 'replaced', 'abandoned', 'gone'] as const;
export type MachineState = (typeof machineStates)[number];

export const machineTransitions = {
  planned: ['current', 'abandoned', 'gone'],
  current: ['replaced', 'gone'],
  replaced: ['gone'],
  abandoned: ['gone'],
  gone: [],
} as const satisfies Record<MachineState, readonly MachineState[]>;

/** What a server's owner may ask for in each status; the order is the one that error messages use. */
export const allowedKinds = {
  installing: ['rebuild', 'destroy'],
  running: ['rebuild', 'destroy'],
  rebuilding: ['rebuild', 'destroy'],
  destroying: ['destroy'],
  destroyed: ['destroy'],
  failed: ['create', 'destroy'],
} as const satisfies Record<ServerStatus, readonly JobKind[]>;

export function allows(status: ServerStatus, kind: JobKind): boolean {
  return allowedKinds[status].some((allowed) => allowed === kind);
}

/** Everything that a job's kind implies. */
interface JobTraits {
  /** Its release plans a machine of the next generation, which the job orders. */
  readonly makesMachine: boolean;
  /** It fails for good after its attempts or its deadline. A removal is tried for ever: a machine left is paid for. */
  readonly hasLastAttempt: boolean;
  /** The machines that it acts on: all of its server's, and with them the server; or one, which its row names. */
  readonly about: 'server' | 'machine';
  /** The line that it waits in: its server's, or its machine's own. */
  readonly line: 'server' | 'machine';
  /** The server's status from its release on; null: unchanged. */
  readonly statusWhenReleased: ServerStatus | null;
  /** The server's status once it has failed for good; null: unchanged. */
  readonly statusWhenFailed: ServerStatus | null;
  /** Its failure for good cancels the jobs that wait behind it. */
  readonly failureCancelsWaiting: boolean;
  /** A person can cancel it while it waits. */
  readonly isCancellable: boolean;
  /** Server statuses in which a retry of a failed job of this kind makes sense. */
  readonly retriableIn: readonly ServerStatus[];
  /** An alert is raised when it stays open for long; otherwise the server's own status raises one. */
  readonly alertsWhenSlow: boolean;
}

const unlessDestroyed = serverStatuses.filter((status) => status !== 'destroyed');

/** A new kind is described here, and gets its handler in queues/run/perform.ts; the compiler asks for both. */
export const jobTraits: Readonly<Record<JobKind, JobTraits>> = {
  create: {
    makesMachine: true,
    hasLastAttempt: true,
    about: 'machine',
    line: 'server',
    statusWhenReleased: 'installing',
    statusWhenFailed: 'failed',
    failureCancelsWaiting: true,
    isCancellable: false,
    retriableIn: ['failed'],
    alertsWhenSlow: false,
  },
  rebuild: {
    makesMachine: true,
    hasLastAttempt: true,
    about: 'machine',
    line: 'server',
    statusWhenReleased: 'rebuilding',
    statusWhenFailed: 'running',
    failureCancelsWaiting: false,
    isCancellable: true,
    retriableIn: ['running', 'rebuilding'],
    alertsWhenSlow: true,
  },
  destroy: {
    makesMachine: false,
    hasLastAttempt: false,
    about: 'server',
    line: 'server',
    statusWhenReleased: 'destroying',
    statusWhenFailed: 'destroying',
    failureCancelsWaiting: false,
    isCancellable: false,
    retriableIn: unlessDestroyed,
    alertsWhenSlow: true,
  },
  retire: {
    makesMachine: false,
    hasLastAttempt: false,
    about: 'machine',
    line: 'machine',
    statusWhenReleased: null,
    statusWhenFailed: null,
    failureCancelsWaiting: false,
    isCancellable: false,
    retriableIn: unlessDestroyed,
    alertsWhenSlow: true,
  },
};

/** The name that a server's machine of one generation carries at the provider. */
export function machineName(serverId: string, generation: number): string {
  return `gf-${serverId}-${generation}`;
}

/** A machine as the provider confirmed it, ready to be recorded. */
export interface ConfirmedMachine {
  readonly providerId: string;
  readonly account: string;
  readonly ipv4: string;
  readonly ipv6: string | null;
}

/**
 * How a job ended, as its handler returns it and `settle` records it.
 * `leftover` speaks of the machine that the job was to make: verified gone, or left for the inventory to remove.
 */
export type Outcome =
  | { readonly end: 'made'; readonly machine: ConfirmedMachine }
  | { readonly end: 'removed' }
  | {
      readonly end: 'failed';
      readonly error: string;
      readonly leftover: 'gone' | 'abandoned';
      readonly parked?: boolean;
    }
  | { readonly end: 'cancelled'; readonly error: string };

/** An outcome with all that its transaction needs. */
export interface Settlement {
  readonly jobId: string;
  readonly outcome: Outcome;
  /** Failed attempts before this one, plus this one. */
  readonly attempts: number;
  /** How long a replaced machine goes on serving. */
  readonly graceSeconds: number;
  readonly now: Date;
}
