import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';

export interface ListingRetry {
  /** By `performance.now()`. A listing that fails later is not retried. */
  readonly giveUpAt: number;
  /** The percent that `report` shows meanwhile. */
  readonly percent: number;
}

/**
 * The next listing that succeeds. A failed one is not this job's fault and affects all jobs that wait, so it uses
 * time and no attempt. Rethrows the error after `giveUpAt`, and at once if a retry cannot help.
 */
export async function nextListingWithRetry(
  context: JobContext,
  { giveUpAt, percent }: ListingRetry,
): Promise<readonly CloudMachine[]> {
  for (;;) {
    try {
      return await context.nextListing();
    } catch (error) {
      const waitMs = retryDelayAfter(error);
      if (waitMs === null || performance.now() + waitMs > giveUpAt) throw error;
      await context.assertWanted();
      context.report(`Waiting for the next listing: ${error instanceof Error ? error.message : error}`, percent);
      await context.sleep(waitMs);
    }
  }
}

/** The delay before the next listing, in ms; null: no retry, since jobs wait for the gate or for a person. */
function retryDelayAfter(error: unknown): number | null {
  if (!(error instanceof ProviderError) || error.fault === 'not-allowed') return null;
  return error.retryAfterMs ?? 0;
}
