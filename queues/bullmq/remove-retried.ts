import type { Store } from '#db/store.ts';
import type { Log } from '#queues/ports/log.ts';
import type { QueueConnection } from './connection.ts';
import { redisErrorText } from './redis-error.ts';

interface RemoveRetriedDeps {
  readonly store: Pick<Store, 'readJob'>;
  readonly connection: Pick<QueueConnection, 'queue'>;
}

/** A job that is retried more often keeps its oldest failures in Bull Board. */
const mostRetries = 20;

/** Removes retried jobs in the background: a failure is logged, and leaves the old job in Bull Board. */
export function retriedRemover(deps: RemoveRetriedDeps & { readonly log: Log }): (retryOf: string) => void {
  return (retryOf) => {
    removeRetried(deps, retryOf).catch((error: unknown) => {
      const fields = { event: 'retried-job-kept', jobId: retryOf, error: redisErrorText(error) };
      deps.log.warn(fields, 'Removing a retried job from the failed ones failed');
    });
  };
}

/**
 * Removes from BullMQ the failed job whose retry has succeeded, and the failed ones that it was itself a retry of. Bull
 * Board then no longer counts them as failed. Their rows stay.
 */
export async function removeRetried({ store, connection }: RemoveRetriedDeps, retryOf: string): Promise<void> {
  let id: string | null = retryOf;
  for (let n = 0; id !== null && n < mostRetries; n += 1) {
    const job = await connection.queue.getJob(id);
    if (await job?.isFailed()) await job?.remove();
    id = (await store.readJob(id))?.retryOf ?? null;
  }
}
