import type { ReleasedJob } from '#db/reads/due.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import {
  attemptsOf,
  keptCompletedJobs,
  keptFailedJobs,
  lockDurationMs,
  longestRetryMs,
  publishedWithinMs,
  stalledIntervalMs,
} from '#queues/limits.ts';
import { type JobData, type QueueConnection, redisLifeOf } from './connection.ts';

export interface Publisher {
  /**
   * Makes sure that BullMQ knows the released job. One that it has in hand, or will take in time, is left alone. A releaser
   * that comes too late publishes as the sweeper does.
   */
  publish(job: ReleasedJob, publishedBy: JobData['publishedBy']): Promise<void>;
  /** Those of the jobs that BullMQ has lost, forgotten, finished, or put off beyond reason. */
  findLost(jobs: readonly ReleasedJob[]): Promise<ReleasedJob[]>;
  /**
   * Lets no lock of these jobs, nor the pause between two checks for stalled ones, last longer than BullMQ would make it.
   * A worker that is alive extends its lock all the same.
   */
  endLocks(jobs: readonly ReleasedJob[]): Promise<void>;
  /** Brings a job that waits for its next attempt forward: something waits behind it. */
  promote(jobId: string): Promise<void>;
}

/** Beyond the longest delay that we ever ask for, and some for clocks that differ. */
const longestDelayMs = longestRetryMs + 5 * 60_000;
/** BullMQ scores its delayed set by milliseconds times 4096, the rest being a counter. */
const delayScoreUnit = 4096;

/** What BullMQ parses of a job; with garbage in one of them it can neither deliver nor show it. */
const parsedFields = ['data', 'opts', 'progress', 'parent'] as const;

export function createPublisher(
  { queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>,
  now: () => Date,
): Publisher {
  const publish: Publisher['publish'] = async (job, publishedBy) => {
    assertNoTransaction('publish');
    const redisLife = publishedBy === 'release' ? await redisLifeOf(redis) : null;
    const isKnown = (await redis.exists(queue.toKey(job.id))) === 1;
    if (isKnown && ((await findLost([job])).length === 0 || !(await remove(job.id)))) return;
    await forget(job.id);
    const delay = Math.max(0, (job.dueAt?.getTime() ?? 0) - now().getTime());
    const { serverId, requestId } = job;
    // Asked last: this process may have been frozen, and Redis have forgotten what was published and run meanwhile.
    const by = isForReleaser(job, now()) ? publishedBy : 'sweep';
    await queue.add(job.kind, { serverId, requestId, publishedBy: by, redisLife }, optionsFor(job, delay));
  };

  const findLost: Publisher['findLost'] = async (jobs) => {
    if (jobs.length === 0) return [];
    const listed = new Set(await queue.getRanges(['waiting', 'active', 'prioritized'], 0, -1));
    const pipeline = redis.pipeline();
    for (const { id } of jobs)
      pipeline
        .exists(queue.toKey(id))
        .hmget(queue.toKey(id), ...parsedFields)
        .zscore(queue.toKey('delayed'), id);
    const answers = (await pipeline.exec()) ?? [];
    return jobs.filter((job, at) => {
      const [exists, fields, delayScore] = answers.slice(3 * at, 3 * at + 3).map((answer) => answer[1] ?? null);
      if (exists !== 1 || !areReadable(fields)) return true;
      return delayScore === null ? !listed.has(job.id) : isPutOff(Number(delayScore) / delayScoreUnit, job, now());
    });
  };

  const endLocks: Publisher['endLocks'] = async (jobs) => {
    const pipeline = redis.pipeline();
    // LT also takes a key that has no end.
    for (const { id } of jobs) pipeline.pexpire(`${queue.toKey(id)}:lock`, lockDurationMs, 'LT');
    await pipeline.pexpire(queue.toKey('stalled-check'), stalledIntervalMs, 'LT').exec();
  };

  /** BullMQ silently ignores an add with an id that it knows. False: a worker has the job in hand. */
  const remove = async (id: string): Promise<boolean> => {
    const removed = await queue.remove(id, { removeChildren: false }).catch(() => null);
    // Damaged beyond what BullMQ can remove.
    if (removed === null) await redis.del(queue.toKey(id));
    return removed !== 0;
  };

  /** An id that is left in a list would be delivered twice. In one step, lest another publish come in between. */
  const forget = async (id: string): Promise<void> => {
    const keys = [id, 'wait', 'active', 'prioritized', 'delayed'].map((name) => queue.toKey(name));
    await redis.eval(forgetUnlessKnown, keys.length, ...keys, id);
  };

  const promote: Publisher['promote'] = async (jobId) => {
    const job = await queue.getJob(jobId);
    if (job && (await job.isDelayed())) await job.promote();
  };

  return { publish, findLost, endLocks, promote };
}

const forgetUnlessKnown = `
if redis.call('EXISTS', KEYS[1]) == 1 then return end
for _, list in ipairs({KEYS[2], KEYS[3]}) do redis.call('LREM', list, 0, ARGV[1]) end
for _, set in ipairs({KEYS[4], KEYS[5]}) do redis.call('ZREM', set, ARGV[1]) end`;

/** Whether nobody else can have published it yet: the sweeper leaves it alone for so long, unless its time is to come. */
function isForReleaser({ releasedAt }: ReleasedJob, now: Date): boolean {
  const sinceMs = releasedAt ? now.getTime() - releasedAt.getTime() : Number.POSITIVE_INFINITY;
  return sinceMs >= 0 && sinceMs < publishedWithinMs;
}

function areReadable(fields: unknown): boolean {
  return Array.isArray(fields) && fields.every((field) => field === null || isJson(field));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Delayed further than any retry of ours: somebody else put it off. */
function isPutOff(until: number, job: ReleasedJob, now: Date): boolean {
  return until > Math.max(job.dueAt?.getTime() ?? 0, now.getTime()) + longestDelayMs;
}

function optionsFor(job: ReleasedJob, delay: number) {
  return {
    jobId: job.id,
    delay,
    attempts: attemptsOf[job.kind],
    backoff: { type: 'exponential-jitter' },
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    keepLogs: 200,
    // The message says what happened; where in our code is for the workers' logs.
    stackTraceLimit: 0,
  };
}
