import type { Outcome } from '#db/model.ts';
import type { Work } from '#db/reads/work.ts';
import type { Dns } from './dns.ts';
import type { CloudMachine, Owner, Provider } from './provider.ts';
import type { ServerVpn } from './vpn.ts';

/** How soon a run needs the next listing: its machine has no address yet (`hurried`), or it only keeps watch. */
export type ListingPace = 'hurried' | 'steady';

/** The orders of a job, by this run and by earlier ones. */
export interface JobOrders {
  /** Throws OrderingStopped while too many machines of this job, or of the provider, never answered. */
  assertAllowed(): void;
  /** The provider has accepted an order. */
  accepted(): void;
  /** The machine of the last order is verified gone. */
  gone(): void;
  /** The machine with this id never answered. It counts against further orders. */
  silent(machineId: string): void;
  /**
   * How long it still proves nothing that no machine is found, because an order was accepted not long ago, in ms; 0: no
   * such order is recorded. Redis holds the record, so it may only delay.
   */
  undecidedMs(): number;
}

/**
 * Everything that a handler can use: the rows as they were when the run began, the provider, and the limits of the run.
 */
export interface JobContext extends Work {
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly owner: Owner;
  /** null: the server has no keys, and so no VPN. */
  readonly vpn: ServerVpn | null;
  /** No earlier run of this job can have made a machine (decision 5), so one empty look proves that there is none. */
  readonly surelyFirst: boolean;
  readonly orders: JobOrders;
  /** Past its deadline: the job may finish with an existing machine and must not order one. */
  readonly isOverdue: boolean;
  /** A machine that is not ready so long after the provider first shows it is removed. */
  readonly bootTimeoutMs: number;
  /** Aborted when the lock is lost or the worker drains. Its reason is a RunAborted. */
  readonly signal: AbortSignal;
  /**
   * To be called right before every change at the provider or the DNS. Throws RunAborted if this run must stop.
   */
  checkpoint(): Promise<void>;
  /** The same check without the lock; to be called while waiting. */
  assertWanted(): Promise<void>;
  /** The same context, whose checks ignore that a person has asked to cancel the job. */
  despiteCancel(): JobContext;
  /** Shows the current step in the API and in Bull Board; `percent` is of the whole job. */
  report(step: string, percent: number): void;
  /** Shows operators a problem that does not fail the job. */
  warn(message: string): void;
  /** The next complete listing of the installation's machines, shared by all runs of this process that wait. */
  nextListing(pace: ListingPace, signal: AbortSignal): Promise<readonly CloudMachine[]>;
  /** The key's account, at most a minute old. Good enough for an order, and never for a removal. */
  recentAccount(): Promise<string>;
  /** The run's own signal ends it, unless another one is given. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Does the work of one kind of job. Returns a final outcome; throws if another attempt may succeed. */
export type Handler = (context: JobContext) => Promise<Outcome>;
