import type { ReleasedJob } from '#db/reads/work.ts';
import { assertNoTransaction } from '#db/transaction-guard.ts';
import { attemptsOf, keptCompletedJobs, keptFailedJobs, longestRetryMs } from './limits.ts';
import type { JobData, QueueConnection } from './queue.ts';

export interface Publisher {
  /** Makes sure that BullMQ knows the released job. One that it has in hand, or will take in time, is left alone. */
  publish(job: ReleasedJob, publishedBy: JobData['publishedBy']): Promise<void>;
  /** Those of the jobs that BullMQ has lost, forgotten, finished, or put off beyond reason. */
  notLive(jobs: readonly ReleasedJob[]): Promise<ReleasedJob[]>;
  /** Brings a job that waits for its next attempt forward: something waits behind it. */
  hurry(jobId: string): Promise<void>;
}

/** Beyond the longest delay that we ever ask for, and some for clocks that differ. */
const longestDelayMs = longestRetryMs + 5 * 60_000;
/** BullMQ scores its delayed set by milliseconds times 4096, the rest being a counter. */
const delayScoreUnit = 4096;

export function createPublisher({ queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>): Publisher {
  const publish: Publisher['publish'] = async (job, publishedBy) => {
    assertNoTransaction('publish');
    const known = (await redis.exists(queue.toKey(job.id))) === 1;
    if (known && (await notLive([job])).length === 0) return;
    if (!(await clear(job.id))) return;
    const delay = Math.max(0, (job.dueAt?.getTime() ?? 0) - Date.now());
    await queue.add(job.kind, { serverId: job.serverId, publishedBy }, optionsFor(job, delay));
  };

  const notLive: Publisher['notLive'] = async (jobs) => {
    if (jobs.length === 0) return [];
    const listed = new Set(await queue.getRanges(['waiting', 'active', 'prioritized'], 0, -1));
    const pipeline = redis.pipeline();
    for (const { id } of jobs) pipeline.exists(queue.toKey(id)).zscore(queue.toKey('delayed'), id);
    const answers = (await pipeline.exec()) ?? [];
    return jobs.filter((job, at) => {
      const exists = answers[2 * at]?.[1] === 1;
      const delayScore = answers[2 * at + 1]?.[1] ?? null;
      return (
        !exists || (delayScore === null ? !listed.has(job.id) : isPutOff(Number(delayScore) / delayScoreUnit, job))
      );
    });
  };

  /**
   * Takes away what BullMQ has under this id, since it silently ignores an add with an id that it knows, and would
   * deliver an id twice that is left in a list. False: a worker has taken the job meanwhile.
   */
  const clear = async (id: string): Promise<boolean> => {
    const stale = await queue.getJob(id);
    if (stale)
      return stale.remove().then(
        () => true,
        () => false,
      );
    await redis
      .multi()
      .lrem(queue.toKey('wait'), 0, id)
      .lrem(queue.toKey('active'), 0, id)
      .zrem(queue.toKey('delayed'), id)
      .exec();
    return true;
  };

  const hurry: Publisher['hurry'] = async (jobId) => {
    const job = await queue.getJob(jobId);
    if (job && (await job.isDelayed())) await job.promote();
  };

  return { publish, notLive, hurry };
}

/** Delayed further than any retry of ours: somebody else put it off. */
function isPutOff(until: number, job: ReleasedJob): boolean {
  return until > Math.max(job.dueAt?.getTime() ?? 0, Date.now()) + longestDelayMs;
}

function optionsFor(job: ReleasedJob, delay: number) {
  return {
    jobId: job.id,
    delay,
    attempts: attemptsOf[job.kind],
    backoff: { type: 'ours' },
    removeOnComplete: { count: keptCompletedJobs },
    removeOnFail: { count: keptFailedJobs },
    keepLogs: 200,
  };
}
