import type { ReleasedJob } from '#db/reads/due.ts';
import type { Store } from '#db/store.ts';
import type { SweepRecord } from './alerts/failing-queue.ts';
import type { RowOfQueue } from './bullmq/queue-rows.ts';
import { addAbsent, type RepublishDeps, type RepublishedRows, repair, type Swept } from './bullmq/republish.ts';
import type { SweepQueue } from './bullmq/sweep-queue.ts';
import { publishedWithinMs } from './limits.ts';

/** The rows that a queue must hold, as the sweeper reads them. */
export interface SweptRows<Row extends RowOfQueue>
  extends RepublishedRows<Row>,
    Pick<Store, 'takeLease' | 'flush' | 'readDuePage'> {
  countReleased(): Promise<number>;
}

export interface SweeperDeps<Row extends RowOfQueue = ReleasedJob> extends RepublishDeps<Row> {
  readonly store: SweptRows<Row>;
  readonly queue: SweepQueue<Row>;
  readonly record: SweepRecord;
  /** The lease of this queue's sweep. Not given: that of the servers' queue. */
  readonly lease?: string;
  /** Names this process, so that one process sweeps at a time. */
  readonly holder: string;
  readonly now: () => Date;
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
  await addAbsent(deps, { ids: absent, hold: () => holdLease(deps) }, swept);
  await repair(deps, damaged, swept);
  round.after = after;
  return swept;
}
