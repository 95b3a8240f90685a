import type { Store } from '#db/store.ts';
import type { Log } from './ports/log.ts';
import type { Publisher } from './publisher.ts';

export interface SweeperDeps {
  readonly store: Store;
  readonly publisher: Publisher;
  readonly now: () => Date;
  readonly log: Log;
}

/** Publishes every released, due job that BullMQ does not have, however it lost it. Returns their ids. */
export async function sweepOnce({ store, publisher, now, log }: SweeperDeps): Promise<string[]> {
  const due = await store.readDue(now());
  const lost = await publisher.notLive(due);
  const published: string[] = [];
  for (const job of lost) {
    // Settled in the meantime: the queue needs no telling.
    if ((await store.readLeave(job.id))?.state !== 'released') continue;
    await publisher.publish(job, 'sweep');
    published.push(job.id);
  }
  if (published.length > 0) log.info({ jobs: published.length }, 'Published jobs that the queue did not have');
  return published;
}
