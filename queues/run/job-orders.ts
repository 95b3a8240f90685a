import type { OrderBrake } from '#queues/gates/order-brake.ts';
import type { JobOrders } from '#queues/ports/job-context.ts';
import type { RunProgress } from './run-progress.ts';

export interface JobOrdersDeps {
  readonly jobId: string;
  readonly brake: Pick<OrderBrake, 'assertAllowed' | 'silent'>;
  readonly progress: Pick<RunProgress, 'orderedAt' | 'recordOrder'>;
  readonly shownWithinMs: number;
  readonly now: () => Date;
}

/** The orders of the job that this run performs. */
export function createJobOrders({ jobId, brake, progress, shownWithinMs, now }: JobOrdersDeps): JobOrders {
  return {
    assertAllowed: () => brake.assertAllowed(jobId),
    accepted: () => progress.recordOrder(now().getTime()),
    gone: () => progress.recordOrder(null),
    silent: (machineId) => brake.silent(jobId, machineId),
    undecidedMs: () => {
      const orderedAt = progress.orderedAt();
      if (orderedAt === null) return 0;
      // A time in the future comes from another clock, or from a forger.
      const ageMs = Math.max(0, now().getTime() - orderedAt);
      return Math.max(0, shownWithinMs - ageMs);
    },
  };
}
