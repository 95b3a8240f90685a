import type { JobContext } from '#queues/ports/job-context.ts';
import { type CloudMachine, ProviderError } from '#queues/ports/provider.ts';

export interface ListingRetry {
  /** By `performance.now()`: a listing that fails later ends the wait. */
  readonly giveUpAt: number;
  /** How far the job is meanwhile, for `report`. */
  readonly percent: number;
}

/**
 * The next listing that the provider gives. One that fails says nothing about this job, so it costs only time: all jobs
 * that wait share it, and none uses up an attempt. Rethrows after `giveUpAt`, and at once where waiting is of no use.
 */
export async function nextListingWithRetry(
  context: JobContext,
  { giveUpAt, percent }: ListingRetry,
): Promise<readonly CloudMachine[]> {
  for (;;) {
    try {
      return await context.nextListing();
    } catch (error) {
      const waitMs = waitAfter(error);
      if (waitMs === null || performance.now() + waitMs > giveUpAt) throw error;
      await context.assertWanted();
      context.report(`Waiting although there is no list: ${error instanceof Error ? error.message : error}`, percent);
      await context.sleep(waitMs);
    }
  }
}

/** In ms, before the next listing is asked for; null: only the gate, or a person, makes it go on. */
function waitAfter(error: unknown): number | null {
  if (!(error instanceof ProviderError) || error.fault === 'not-allowed') return null;
  return error.retryAfterMs ?? 0;
}
