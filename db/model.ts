/** The kinds, states and transitions that every other file uses. */

/**
 * The first three are commands of customers and operators. A rebuild that succeeds adds a `retire` for the old machine.
 */
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
 * The next states of each state. A row begins in the first state of its list, and ends in one without next states. The
 * tests of the Store check each change of a row against these lists. docs/how-it-works.md shows them as pictures.
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
 * The life of a machine:
 * planned (its job may have ordered it) → current → replaced (the next machine serves; its retire job waits) → gone;
 * planned → abandoned (its job ended without proof that it is gone; the inventory removes it) → gone.
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

/** The commands that are allowed in each status, in the order in which error messages list them. */
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
  /** The server's status after it has failed for good; null: unchanged. */
  readonly statusWhenFailed: ServerStatus | null;
  /** When it fails for good, the jobs that wait behind it are cancelled. */
  readonly failureCancelsWaiting: boolean;
  /** It can be cancelled while it waits. */
  readonly isCancellable: boolean;
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

/** The name at the provider of a server's machine of one generation. */
export function machineName(serverId: string, generation: number): string {
  return `gf-${serverId}-${generation}`;
}

/** The server's id and the generation in a name that `machineName` makes; null: the name has another form. */
export function serverIn(name: string): { readonly id: string; readonly generation: number } | null {
  const [, id, generation] = /^gf-(.+)-(\d+)$/.exec(name) ?? [];
  return id === undefined ? null : { id, generation: Number(generation) };
}

/** What the provider confirmed about a machine that is ready to serve. */
export interface ConfirmedMachine {
  readonly providerId: string;
  readonly account: string;
  readonly ipv4: string;
  /** null: it has none, or its VPN did not answer there. */
  readonly ipv6: string | null;
  /** The machine's own, which may differ from its row after a restore of an older database. Not given: as planned. */
  readonly location?: string;
  readonly plan?: string;
}

/**
 * How a job ended. Its handler returns it, and `settle` records it.
 * `leftover`: the machine of a failed job is verified gone, or it is abandoned, and the inventory removes it.
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

/** An outcome, with everything that its transaction needs. */
export interface Settlement {
  readonly jobId: string;
  readonly outcome: Outcome;
  /** The failed attempts, plus the one that ended the job. */
  readonly attempts: number;
  /** How long a replaced machine keeps running, in seconds. */
  readonly graceSeconds: number;
  readonly now: Date;
}
