import type { ReleasedJob } from '#db/reads/due.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { publishedWithinMs } from '#queues/limits.ts';
import type { JobData, OpenQueue } from './connection.ts';
import { isLost } from './liveness.ts';
import { type QueueRows, type RowOfQueue, serverRows } from './queue-rows.ts';
import { readRedisLife } from './redis-life.ts';

/** Publishes the rows of one queue. */
export interface Publisher<Row extends RowOfQueue = ReleasedJob> {
  /**
   * Adds the released job to BullMQ, unless BullMQ already runs it or will run it in time. A releaser that is too late
   * publishes as the sweeper does.
   */
  publish(job: Row, publishedBy: JobData['publishedBy']): Promise<void>;
  /** Ends the delay of a job that waits for its next attempt, because another job waits behind it. */
  promote(jobId: string): Promise<void>;
}

interface PublisherDeps<Row extends RowOfQueue> extends OpenQueue {
  readonly rows: QueueRows<Row>;
  readonly now: () => Date;
}

/** The publisher of the servers' jobs. */
export function createPublisher(open: OpenQueue, now: () => Date): Publisher {
  return createPublisherOf(serverRows, open, now);
}

/** The publisher of these rows, to the queue that holds them. */
export function createPublisherOf<Row extends RowOfQueue>(
  rows: QueueRows<Row>,
  { queue, redis }: OpenQueue,
  now: () => Date,
): Publisher<Row> {
  const deps: PublisherDeps<Row> = { queue, redis, rows, now };
  return {
    publish: (job, publishedBy) => publish(deps, job, publishedBy),
    promote: (jobId) => promote(deps, jobId),
  };
}

async function publish<Row extends RowOfQueue>(
  deps: PublisherDeps<Row>,
  job: Row,
  publishedBy: JobData['publishedBy'],
): Promise<void> {
  assertNoTransaction('call to Redis');
  const { queue, redis } = deps;
  const redisLife = publishedBy === 'release' ? await readRedisLife(redis) : null;
  if (publishedBy === 'release' && isNew(job, deps.now()) && (await addNew(deps, job, redisLife))) return;
  const isKnown = (await redis.exists(queue.toKey(job.id))) === 1;
  if (isKnown && !(await removeIfLost(deps, job))) return;
  await clearLists(deps, job.id);
  await add(deps, job, { publishedBy, redisLife });
}

/**
 * Created and released at once, and not long ago. BullMQ cannot have a job with an id that was drawn a moment ago, so
 * one command publishes it.
 */
function isNew(job: RowOfQueue, now: Date): boolean {
  return job.createdAt.getTime() === job.releasedAt?.getTime() && isForReleaser(job, now);
}

/** false: another program has put something else under the job's id. */
async function addNew<Row extends RowOfQueue>(
  deps: PublisherDeps<Row>,
  job: Row,
  redisLife: string | null,
): Promise<boolean> {
  try {
    await add(deps, job, { publishedBy: 'release', redisLife });
    return true;
  } catch (error) {
    if (String(error).includes('WRONGTYPE')) return false;
    throw error;
  }
}

async function add<Row extends RowOfQueue>(
  { queue, rows, now }: PublisherDeps<Row>,
  job: Row,
  { publishedBy, redisLife }: Pick<JobData, 'publishedBy' | 'redisLife'>,
): Promise<void> {
  const delay = Math.max(0, (job.dueAt?.getTime() ?? 0) - now().getTime());
  // Decided last: this process may have been frozen while Redis lost a job that was published and had run.
  const by = isForReleaser(job, now()) ? publishedBy : 'sweep';
  const { requestId } = job;
  const data = { ...rows.subjectOf(job), requestId, publishedBy: by, redisLife };
  await queue.add(job.kind, data, rows.optionsFor(job, delay));
}

/** false: the job stays, since BullMQ runs it or will run it in time. */
async function removeIfLost(deps: OpenQueue & Pick<PublisherDeps<never>, 'now'>, job: RowOfQueue): Promise<boolean> {
  return (await isLost(deps, job, deps.now())) && remove(deps, job.id);
}

/**
 * BullMQ ignores an add with a known id without an error, so the old job must be removed first. false: a worker runs
 * it.
 */
async function remove({ queue, redis }: OpenQueue, id: string): Promise<boolean> {
  const removed = await queue.remove(id, { removeChildren: false }).catch(() => null);
  // BullMQ cannot remove a job that is badly damaged.
  if (removed === null) await redis.del(queue.toKey(id));
  return removed !== 0;
}

const clearUnlessKnown = `
if redis.call('EXISTS', KEYS[1]) == 1 then return end
for _, list in ipairs({KEYS[2], KEYS[3]}) do redis.call('LREM', list, 0, ARGV[1]) end
for _, set in ipairs({KEYS[4], KEYS[5]}) do redis.call('ZREM', set, ARGV[1]) end`;

/**
 * An id that stays in a list would be delivered twice. One atomic script, as other processes publish at the same time.
 */
async function clearLists({ queue, redis }: OpenQueue, id: string): Promise<void> {
  const keys = [id, 'wait', 'active', 'prioritized', 'delayed'].map((name) => queue.toKey(name));
  await redis.eval(clearUnlessKnown, keys.length, ...keys, id);
}

/** True while the sweeper still leaves the job to its releaser. */
function isForReleaser({ releasedAt }: RowOfQueue, now: Date): boolean {
  const sinceMs = releasedAt ? now.getTime() - releasedAt.getTime() : Number.POSITIVE_INFINITY;
  return sinceMs >= 0 && sinceMs < publishedWithinMs;
}

async function promote({ queue }: OpenQueue, jobId: string): Promise<void> {
  const job = await queue.getJob(jobId);
  if (job && (await job.isDelayed())) await job.promote();
}
