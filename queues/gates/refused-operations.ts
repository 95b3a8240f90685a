import { notAllowedPauseMs } from '#queues/limits.ts';

/** An operation or a name that a service refuses. */
export interface RefusedOperation {
  /**
   * An operation that the key may not use (401, 402, 403), `rate-limit`, a name that the DNS rejects, or the subject of
   * another gate's alert.
   */
  readonly subject: string;
  /** Continues a sentence that begins with the service's name, and describes the effect on jobs. */
  readonly message: string;
  /** true: this process reports it until it is over. false: this process reports it for a short time only. */
  readonly lasting: boolean;
  /** The facts that programs read. */
  readonly detail?: Readonly<Record<string, string>>;
}

/** The last result of each operation, as far as it concerns the permissions of the key. */
export interface RefusedOperations {
  /** Records that the key may not use the operation. */
  refuse(operation: string, message: string): void;
  /** Records a success of a call that was made at `begunAt`, by the monotonic clock. */
  succeed(operation: string, begunAt: number): void;
  /** How long until jobs may try the refused operations again, in ms. */
  waitMs(): number;
  /** Whether any operation is refused. */
  any(): boolean;
  /** The refused operations; `effect` describes what they do to jobs. */
  list(effect: string): RefusedOperation[];
  /** Whether a call that began at that instant or later has succeeded. */
  succeededSince(operation: string, at: Date): boolean;
}

export interface RefusedOperationsOptions {
  readonly now: () => Date;
  /** Monotonic, in ms. */
  readonly clock: () => number;
  /** Jobs do not wait for these. */
  readonly optional: readonly string[];
}

export function createRefusedOperations({ now, clock, optional }: RefusedOperationsOptions): RefusedOperations {
  const refused = new Map<string, { readonly at: number; readonly until: number; readonly message: string }>();
  const provenAt = new Map<string, Date>();
  return {
    refuse: (operation, message) => {
      const at = clock();
      refused.set(operation, { at, until: at + (optional.includes(operation) ? 0 : notAllowedPauseMs), message });
    },
    succeed: (operation, begunAt) => {
      // A call that began before a refusal, of this or another process, does not prove that the key is allowed again.
      const begun = new Date(now().getTime() - (clock() - begunAt));
      if (begun > (provenAt.get(operation) ?? 0)) provenAt.set(operation, begun);
      if (begunAt >= (refused.get(operation)?.at ?? 0)) refused.delete(operation);
    },
    waitMs: () => Math.max(0, ...[...refused.values()].map(({ until }) => until - clock())),
    any: () => refused.size > 0,
    list: (effect) =>
      [...refused].map(([subject, { message }]) => ({
        subject,
        message: `does not allow this key to ${subject}: ${message} ${effect}.`,
        lasting: true,
      })),
    succeededSince: (operation, at) => {
      const last = provenAt.get(operation);
      return last !== undefined && last >= at;
    },
  };
}
