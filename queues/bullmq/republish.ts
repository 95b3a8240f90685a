import type { Log } from '#queues/ports/log.ts';
import type { Publisher } from './publisher.ts';
import type { RowOfQueue } from './queue-rows.ts';
import { redisErrorText } from './redis-error.ts';
import type { SweepQueue } from './sweep-queue.ts';

export interface RepublishedRows<Row extends RowOfQueue> {
  /** Those that are still open. */
  readReleased(ids: readonly string[]): Promise<readonly Row[]>;
}

export interface RepublishDeps<Row extends RowOfQueue> {
  readonly store: RepublishedRows<Row>;
  readonly publisher: Pick<Publisher<Row>, 'publish'>;
  readonly queue: Pick<SweepQueue<Row>, 'addAbsent'>;
  readonly log: Log;
}

/** The jobs that were published, and why others could not be; null: there is no such job. */
export interface Swept {
  readonly published: string[];
  error: unknown;
}

/** Adding so many jobs blocks the event loop for about 15 ms. */
const addedAtOnce = 250;
const addedPerHold = 5_000;
/** Most jobs that seem damaged have ended since. The others are published one by one. */
const repairedAtOnce = 50;

interface Absent {
  readonly ids: readonly string[];
  /** Called after each 5,000 jobs. */
  hold(): Promise<unknown>;
}

/** Publishes the jobs of which BullMQ holds nothing. */
export async function addAbsent<Row extends RowOfQueue>(
  deps: RepublishDeps<Row>,
  { ids, hold }: Absent,
  swept: Swept,
): Promise<void> {
  for (let from = 0; from < ids.length; from += addedAtOnce) {
    // They may have been settled since.
    const jobs = await deps.store.readReleased(ids.slice(from, from + addedAtOnce));
    await addTogether(deps, jobs, swept);
    if (from % addedPerHold === 0) await hold();
  }
}

/** One that cannot be added makes the call fail for all, so each is tried alone then. */
async function addTogether<Row extends RowOfQueue>(
  deps: RepublishDeps<Row>,
  jobs: readonly Row[],
  swept: Swept,
): Promise<void> {
  try {
    await deps.queue.addAbsent(jobs);
    for (const { id } of jobs) swept.published.push(id);
  } catch {
    await publishEach(deps, jobs, swept);
  }
}

/** Publishes the jobs that BullMQ holds damaged. */
export async function repair<Row extends RowOfQueue>(
  deps: RepublishDeps<Row>,
  ids: readonly string[],
  swept: Swept,
): Promise<void> {
  for (let from = 0; from < ids.length; from += repairedAtOnce)
    await publishEach(deps, await deps.store.readReleased(ids.slice(from, from + repairedAtOnce)), swept);
}

/** A job that cannot be published does not hold back the others. */
async function publishEach<Row extends RowOfQueue>(
  { publisher, log }: RepublishDeps<Row>,
  jobs: readonly Row[],
  swept: Swept,
): Promise<void> {
  for (const job of jobs) {
    try {
      await publisher.publish(job, 'sweep');
      swept.published.push(job.id);
    } catch (error) {
      swept.error = error;
      log.warn(
        { event: 'publishing-failed', jobId: job.id, error: redisErrorText(error) },
        'Publishing a job failed; the next sweep tries again',
      );
    }
  }
}
