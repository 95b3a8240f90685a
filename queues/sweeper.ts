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

/** Publishes every released, due job that BullMQ does not have, however it lost it, and frees those that are locked for ever. Returns the ids of the published. */
export async function sweepOnce(deps: SweeperDeps): Promise<string[]> {
  const { store, publisher, now, log } = deps;
  const at = now();
  const due = await store.readDue({ now: at, releasedBefore: new Date(at.getTime() - publishedWithinMs) });
  await publisher.endLocks(due);
  const lost = await publisher.findLost(due);
  const published: string[] = [];
  for (const job of lost) {
    // Settled in the meantime: the queue needs no telling.
    if ((await store.readCheckpoint(job.id))?.state !== 'released') continue;
    if (await isPublished(deps, job)) published.push(job.id);
  }
  if (published.length > 0) log.info({ jobs: published.length }, 'Published jobs that the queue did not have');
  return published;
}

/** A job that cannot be published must not keep the others from it. */
async function isPublished({ publisher, log }: SweeperDeps, job: ReleasedJob): Promise<boolean> {
  try {
    await publisher.publish(job, 'sweep');
    return true;
  } catch (error) {
    log.warn({ jobId: job.id, error: String(error) }, 'Publishing failed; the next sweep tries again');
    return false;
  }
}
