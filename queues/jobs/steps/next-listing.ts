import type { JobContext, ListingPace } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';

export interface ListingRetry {
  /** By `performance.now()`. A listing that fails later is not retried. */
  readonly giveUpAt: number;
  /** The percent that `report` shows meanwhile. */
  readonly percent: number;
  readonly pace: ListingPace;
  /** Ends the wait; the run's own signal unless given. */
  readonly signal?: AbortSignal;
}

/**
 * The next listing that succeeds. A failed one is not this job's fault and affects all jobs that wait, so it uses
 * time and no attempt. Rethrows the error after `giveUpAt`, and at once if a retry cannot help.
 */
export async function nextListingWithRetry(
  context: JobContext,
  { giveUpAt, percent, pace, signal = context.signal }: ListingRetry,
): Promise<readonly CloudMachine[]> {
  for (;;) {
    try {
      return await context.nextListing(pace, signal);
    } catch (error) {
      signal.throwIfAborted();
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
