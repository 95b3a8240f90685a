import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import { longestRetryMs } from '#queues/limits.ts';

/** How a run ended; queues/bullmq/reply.ts reports it to BullMQ. */
export type RunEnd =
  | { readonly kind: 'completed'; readonly result: string }
  /** Final: there is no further attempt. */
  | { readonly kind: 'failed'; readonly error: string }
  /** Uses one attempt. */
  | { readonly kind: 'retry'; readonly error: string }
  /** Uses no attempt. */
  | { readonly kind: 'delayed'; readonly until: Date; readonly reason: string }
  /** The worker shuts down. Uses no attempt. */
  | { readonly kind: 'handed-back' }
  /** This run does not hold the job's lock; the run that holds it reports the end. */
  | { readonly kind: 'lock-lost' };

/**
 * The end of a run that has nothing to do, as the job's row implies. The row may have been closed a moment ago, and the
 * queue must not learn the end before it is durable.
 */
export async function endAsRecorded(
  { state, error }: Pick<Job, 'state' | 'error'>,
  store: Pick<Store, 'flush'>,
): Promise<RunEnd> {
  await store.flush();
  if (state === 'failed') return { kind: 'failed', error: error ?? 'It failed.' };
  if (state === 'waiting') return { kind: 'completed', result: 'No effect: the job waits for the one before it.' };
  return { kind: 'completed', result: state };
}

/**
 * Delays the job by `ms`, at most by `longestRetryMs`: the sweeper treats a longer delay as a fault. Up to a
 * second is added at random, so that jobs with the same cause return one after the other.
 */
export function delayedBy(ms: number, reason: string, now: Date): RunEnd {
  const pauseMs = Math.min(ms, longestRetryMs) + Math.random() * 1_000;
  return { kind: 'delayed', until: new Date(now.getTime() + pauseMs), reason };
}
