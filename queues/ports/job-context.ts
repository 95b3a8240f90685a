import type { Outcome } from '#db/model.ts';
import type { Work } from '#db/reads/work.ts';
import type { Dns } from './dns.ts';
import type { CloudMachine, Owner, Provider } from './provider.ts';
import type { ServerVpn } from './vpn.ts';

/** All that a handler has: the rows as they were when the run began, the provider, and the run's own limits. */
export interface JobContext extends Work {
  readonly provider: Provider;
  /** null: the service keeps no names. */
  readonly dns: Dns | null;
  readonly owner: Owner;
  /** null: the server has no keys, and so no VPN. */
  readonly vpn: ServerVpn | null;
  /** No earlier run of this job can have made anything, so that one empty look is proof. */
  readonly surelyFirst: boolean;
  /** Nothing new is to be begun: what is there already may still be put into service, else the job has failed. */
  readonly isOverdue: boolean;
  /** A machine that is not of use so long after its order is replaced. */
  readonly bootTimeoutMs: number;
  /** Aborted when the lock is lost, the worker drains, or nobody wants the result any more. Its reason is a RunAborted. */
  readonly signal: AbortSignal;
  /** To be passed right before every change at the provider or the DNS. Throws RunAborted when this run must not go on. */
  checkpoint(): Promise<void>;
  /** The same without asking for the lock; passed while waiting. */
  assertWanted(): Promise<void>;
  /** Tells people what the run is doing; `percent` of the whole job. */
  report(step: string, percent: number): void;
  /** Tells operators what went wrong without failing the job. */
  warn(message: string): void;
  /** The next complete listing of the installation's machines, shared by all that wait in this process. */
  nextListing(): Promise<readonly CloudMachine[]>;
  sleep(ms: number): Promise<void>;
}

/** A function of one kind of job. Throws for what may go better next time; returns what is final. */
export type Handler = (context: JobContext) => Promise<Outcome>;

export const abortReasons = ['lock-lost', 'shutdown', 'destroy-waits', 'closed'] as const;
export type AbortReason = (typeof abortReasons)[number];

/** This run must not go on; the job may. */
export class RunAborted extends Error {
  override readonly name = 'RunAborted';
  readonly reason: AbortReason;

  constructor(reason: AbortReason) {
    super(`The run was stopped: ${reason}.`);
    this.reason = reason;
  }
}

/** The job cannot succeed however often it is tried; the message says why. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError';
}
