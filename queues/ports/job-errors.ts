export const abortReasons = ['lock-lost', 'shutdown', 'destroy-waits', 'cancel-asked', 'closed'] as const;
export type AbortReason = (typeof abortReasons)[number];

/** This run has to stop. The job itself may continue in another run. */
export class RunAborted extends Error {
  override readonly name = 'RunAborted';
  readonly reason: AbortReason;

  constructor(reason: AbortReason) {
    super(`The run was stopped: ${reason}.`);
    this.reason = reason;
  }
}

/** Another attempt cannot succeed either; the message says why. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError';
}

/** No machine is ordered for this job until an operator resumes orders. The job waits. */
export class OrderingStopped extends Error {
  override readonly name = 'OrderingStopped';
}
