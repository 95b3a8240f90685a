import type { ReleasedJob } from '#db/reads/due.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { attemptsOf, keptCompletedJobs, keptFailedJobs, publishedWithinMs } from '#queues/limits.ts';
import type { JobData, QueueConnection } from './connection.ts';
import { isLost } from './liveness.ts';
import { readRedisLife } from './redis-life.ts';

export interface Publisher {
  /**
   * Adds the released job to BullMQ, unless BullMQ already runs it or will run it in time. A releaser that is too late
   * publishes as the sweeper does.
   */
  publish(job: ReleasedJob, publishedBy: JobData['publishedBy']): Promise<void>;
  /** Ends the delay of a job that waits for its next attempt, because another job waits behind it. */
  promote(jobId: string): Promise<void>;
}

interface PublisherDeps extends Pick<QueueConnection, 'queue' | 'redis'> {
  readonly now: () => Date;
}

export function createPublisher(
  { queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>,
  now: () => Date,
): Publisher {
  const deps: PublisherDeps = { queue, redis, now };
  return {
    publish: (job, publishedBy) => publish(deps, job, publishedBy),
    promote: (jobId) => promote(deps, jobId),
  };
}

async function publish(deps: PublisherDeps, job: ReleasedJob, publishedBy: JobData['publishedBy']): Promise<void> {
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
function isNew(job: ReleasedJob, now: Date): boolean {
  return job.createdAt.getTime() === job.releasedAt?.getTime() && isForReleaser(job, now);
}

/** false: another program has put something else under the job's id. */
async function addNew(deps: PublisherDeps, job: ReleasedJob, redisLife: string | null): Promise<boolean> {
  try {
    await add(deps, job, { publishedBy: 'release', redisLife });
    return true;
  } catch (error) {
    if (String(error).includes('WRONGTYPE')) return false;
    throw error;
  }
}

async function add(
  { queue, now }: PublisherDeps,
  job: ReleasedJob,
  { publishedBy, redisLife }: Pick<JobData, 'publishedBy' | 'redisLife'>,
): Promise<void> {
  const { serverId, requestId } = job;
  const delay = Math.max(0, (job.dueAt?.getTime() ?? 0) - now().getTime());
  // Decided last: this process may have been frozen while Redis lost a job that was published and had run.
  const by = isForReleaser(job, now()) ? publishedBy : 'sweep';
  await queue.add(job.kind, { serverId, requestId, publishedBy: by, redisLife }, optionsFor(job, delay));
}

/** false: the job stays, since BullMQ runs it or will run it in time. */
async function removeIfLost(deps: PublisherDeps, job: ReleasedJob): Promise<boolean> {
  return (await isLost(deps, job, deps.now())) && remove(deps, job.id);
}

/**
 * BullMQ ignores an add with a known id without an error, so the old job must be removed first. false: a worker runs
 * it.
 */
async function remove({ queue, redis }: PublisherDeps, id: string): Promise<boolean> {
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
async function clearLists({ queue, redis }: PublisherDeps, id: string): Promise<void> {
  const keys = [id, 'wait', 'active', 'prioritized', 'delayed'].map((name) => queue.toKey(name));
  await redis.eval(clearUnlessKnown, keys.length, ...keys, id);
}

/** True while the sweeper still leaves the job to its releaser. */
function isForReleaser({ releasedAt }: ReleasedJob, now: Date): boolean {
  const sinceMs = releasedAt ? now.getTime() - releasedAt.getTime() : Number.POSITIVE_INFINITY;
  return sinceMs >= 0 && sinceMs < publishedWithinMs;
}

/** The options of every job that this product adds. `delay` is in ms. */
export function optionsFor(job: ReleasedJob, delay: number) {
  return {
    jobId: job.id,
    delay,
    attempts: attemptsOf[job.kind],
    backoff: { type: 'exponential-jitter' },
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    keepLogs: 200,
    // The message is enough here; stacks belong in the workers' logs.
    stackTraceLimit: 0,
  };
}

async function promote({ queue }: PublisherDeps, jobId: string): Promise<void> {
  const job = await queue.getJob(jobId);
  if (job && (await job.isDelayed())) await job.promote();
}
