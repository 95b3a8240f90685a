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

export const serverStatuses = ['installing', 'running', 'rebuilding', 'destroying', 'destroyed', 'failed'] as const;
export type ServerStatus = (typeof serverStatuses)[number];

/**
 * A machine's place in its server's life:
 * planned (asked for, perhaps made) → current → replaced (its successor took over, retire is due) → gone;
 * abandoned (its job ended without proof that it is gone; the inventory removes it) → gone.
 */
export const machineStates = ['planned', 'current', 'replaced', 'abandoned', 'gone'] as const;
export type MachineState = (typeof machineStates)[number];

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

/** The status a server takes when a job of this kind becomes the head of its line. */
export const statusWhenReleased = {
  create: 'installing',
  rebuild: 'rebuilding',
  destroy: 'destroying',
} as const satisfies Record<Exclude<JobKind, 'retire'>, ServerStatus>;

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
