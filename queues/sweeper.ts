import type { ReleasedJob } from '#db/reads/due.ts';
import type { Store } from '#db/store.ts';
import type { Publisher } from './bullmq/publisher.ts';
import { publishedWithinMs } from './limits.ts';
import type { Log } from './ports/log.ts';

export interface SweeperDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly now: () => Date;
  readonly log: Log;
}

/**
 * Publishes every released and due job that BullMQ does not have, and caps the TTL of job locks. Returns the ids of the
 * published jobs.
 */
export async function sweepOnce(deps: SweeperDeps): Promise<string[]> {
  const { store, publisher, now, log } = deps;
  const at = now();
  const due = await store.readDue({ now: at, releasedBefore: new Date(at.getTime() - publishedWithinMs) });
  await publisher.endLocks(due);
  const lost = await publisher.findLost(due);
  // Another process may have committed a row that is not on disk yet. A power cut could undo it after its job has run.
  if (lost.length > 0) await store.flush();
  const published: string[] = [];
  for (const job of lost) {
    // It may have been settled since.
    if ((await store.readCheckpoint(job.id))?.state !== 'released') continue;
    if (await publishIfPossible(deps, job)) published.push(job.id);
  }
  if (published.length > 0)
    log.info({ event: 'jobs-republished', jobs: published.length }, 'Published jobs that the queue did not have');
  return published;
}

/** false: publishing failed. That must not stop the sweep from publishing the other jobs. */
async function publishIfPossible({ publisher, log }: SweeperDeps, job: ReleasedJob): Promise<boolean> {
  try {
    await publisher.publish(job, 'sweep');
    return true;
  } catch (error) {
    log.warn(
      { event: 'publishing-failed', jobId: job.id, error: String(error) },
      'Publishing a job failed; the next sweep tries again',
    );
    return false;
  }
}
