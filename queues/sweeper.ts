import type { ReleasedJob } from '#db/reads/due.ts';
import type { Store } from '#db/store.ts';
import type { SweepRecord } from './alerts/failing-queue.ts';
import type { Publisher } from './bullmq/publisher.ts';
import type { RowOfQueue } from './bullmq/queue-rows.ts';
import { redisErrorText } from './bullmq/redis-error.ts';
import type { SweepQueue } from './bullmq/sweep-queue.ts';
import { publishedWithinMs } from './limits.ts';
import type { Log } from './ports/log.ts';

/** The rows that a queue must hold, as the sweeper reads them. */
export interface SweptRows<Row extends RowOfQueue> extends Pick<Store, 'takeLease' | 'flush' | 'readDuePage'> {
  /** Those that are still open. */
  readReleased(ids: readonly string[]): Promise<readonly Row[]>;
  countReleased(): Promise<number>;
}

export interface SweeperDeps<Row extends RowOfQueue = ReleasedJob> {
  readonly store: SweptRows<Row>;
  readonly publisher: Pick<Publisher<Row>, 'publish'>;
  readonly queue: SweepQueue<Row>;
  readonly record: SweepRecord;
  /** The lease of this queue's sweep. Not given: that of the servers' queue. */
  readonly lease?: string;
  /** Names this process, so that one process sweeps at a time. */
  readonly holder: string;
  readonly now: () => Date;
  readonly log: Log;
}

export interface Sweeper {
  /**
   * Publishes released and due jobs that BullMQ does not have, in this part of the backlog; in all of it if Redis is in
   * a new life, or lacks many jobs. Does nothing while another process sweeps. Returns the ids of the published jobs.
   * Rejects if the queue takes none of the jobs.
   */
  runOnce(): Promise<string[]>;
}

/** A part is an eighth of the backlog, so that a round takes half a minute; a small backlog is one part. */
const smallestPart = 5_000;
export const partsPerRound = 8;
/** Releasers may just be publishing this many jobs. If the queue lacks more, some are lost. */
const mostUnderWay = 1_000;
/** Another process takes over so soon after this one has died. It is renewed with each page. */
const leaseMs = 6_000;
/** Reading so many rows takes SQLite about 10 ms, in which it blocks the event loop. */
const pageRows = 5_000;
/** Adding so many jobs blocks the event loop for about 15 ms. */
const addedAtOnce = 250;
/** Most jobs that seem damaged have ended since. The others are published one by one. */
const repairedAtOnce = 50;

/** The place of a process in its round through the backlog. */
interface Round {
  /** The id of the last job that was looked at; empty: the round begins. */
  after: string;
  /** Redis's life when the round began. */
  life: string | null;
  /** Redis's life in the last whole round; undefined: there was none. */
  wholeIn: string | null | undefined;
}

export function createSweeper<Row extends RowOfQueue>(deps: SweeperDeps<Row>): Sweeper {
  let round: Round = { after: '', life: null, wholeIn: undefined };
  return {
    runOnce: async () => {
      if (await holdLease(deps)) return sweepAndRecord(deps, round);
      // Another process sweeps, in a round of its own.
      round = { after: '', life: null, wholeIn: undefined };
      return [];
    },
  };
}

async function sweepAndRecord<Row extends RowOfQueue>(deps: SweeperDeps<Row>, round: Round): Promise<string[]> {
  try {
    return await sweep(deps, round);
  } catch (error) {
    await deps.record.failed(error);
    throw error;
  }
}

/** The jobs that were published, and why others could not be; null: there is no such job. */
interface Swept {
  readonly published: string[];
  error: unknown;
}

async function sweep<Row extends RowOfQueue>(deps: SweeperDeps<Row>, round: Round): Promise<string[]> {
  await removeForeignKeys(deps);
  const { jobs, life } = await deps.queue.look();
  const released = await deps.store.countReleased();
  const isHurried = life !== round.wholeIn || released - jobs > mostUnderWay;
  if (isHurried) round.after = '';
  const rows = Math.max(smallestPart, Math.ceil(released / partsPerRound));
  const all: Swept = { published: [], error: null };
  do {
    if (round.after === '') round.life = life;
    const { published, error } = await sweepPart(deps, round, rows);
    all.published.push(...published);
    if (error === null || published.length > 0) await deps.record.succeeded();
    else all.error = error;
    if (round.after === '') round.wholeIn = round.life;
  } while (isHurried && round.after !== '' && (await holdLease(deps)));
  if (all.error !== null && all.published.length === 0) throw all.error;
  if (all.published.length > 0)
    deps.log.info(
      { event: 'jobs-republished', jobs: all.published.length },
      'Published jobs that the queue did not have',
    );
  return all.published;
}

/** With such a key in the place of one of its own, BullMQ can neither add nor deliver a job. */
async function removeForeignKeys<Row extends RowOfQueue>({ queue, log }: SweeperDeps<Row>): Promise<void> {
  for (const key of await queue.removeForeignKeys())
    log.warn({ event: 'foreign-key-removed' }, `Removed ${key}, which another program has written`);
}

type AnySweeper = Pick<SweeperDeps, 'lease' | 'holder' | 'now'> & { readonly store: Pick<Store, 'takeLease'> };

/** Takes or renews the lease. Two processes that sweep at once do no harm, so a long fill goes on without it. */
function holdLease({ store, lease = 'sweep', holder, now }: AnySweeper): Promise<boolean> {
  return store.takeLease(lease, holder, { now: now(), forMs: leaseMs });
}

/** Sweeps the next `rows` released jobs, and moves the round on once they are published. */
async function sweepPart<Row extends RowOfQueue>(deps: SweeperDeps<Row>, round: Round, rows: number): Promise<Swept> {
  const { store, queue, now } = deps;
  const at = now();
  const releasedBefore = new Date(at.getTime() - publishedWithinMs);
  const due: string[] = [];
  let after = round.after;
  for (let left = rows; left > 0; left -= pageRows) {
    const limit = Math.min(left, pageRows);
    const page = await store.readDuePage({ now: at, releasedBefore, after, limit });
    for (const id of page.ids) due.push(id);
    after = page.last ?? '';
    if (page.last === null) break;
  }
  const { absent, damaged } = await queue.findLost(due);
  await queue.endLocks(damaged);
  // Another process may have committed a row that is not on disk yet. A power cut could undo it after its job has run.
  if (absent.length + damaged.length > 0) await store.flush();
  const swept: Swept = { published: [], error: null };
  await addAbsent(deps, absent, swept);
  await repair(deps, damaged, swept);
  round.after = after;
  return swept;
}

async function addAbsent<Row extends RowOfQueue>(
  deps: SweeperDeps<Row>,
  ids: readonly string[],
  swept: Swept,
): Promise<void> {
  for (let from = 0; from < ids.length; from += addedAtOnce) {
    // They may have been settled since.
    const jobs = await deps.store.readReleased(ids.slice(from, from + addedAtOnce));
    await addTogether(deps, jobs, swept);
    if (from % pageRows === 0) await holdLease(deps);
  }
}

/** One that cannot be added makes the call fail for all, so each is tried alone then. */
async function addTogether<Row extends RowOfQueue>(
  deps: SweeperDeps<Row>,
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

async function repair<Row extends RowOfQueue>(
  deps: SweeperDeps<Row>,
  ids: readonly string[],
  swept: Swept,
): Promise<void> {
  for (let from = 0; from < ids.length; from += repairedAtOnce)
    await publishEach(deps, await deps.store.readReleased(ids.slice(from, from + repairedAtOnce)), swept);
}

/** A job that cannot be published does not hold back the others. */
async function publishEach<Row extends RowOfQueue>(
  { publisher, log }: SweeperDeps<Row>,
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
