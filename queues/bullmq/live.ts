import { answerWithin } from '#queues/within.ts';
import { attemptsBegun } from './attempts.ts';
import type { QueueConnection, QueuedJob } from './connection.ts';
import { shownProgress } from './progress.ts';

export interface LiveJob {
  /** A worker runs it now; else it waits for one, or for its next attempt. */
  readonly running: boolean;
  readonly progress: { readonly step: string; readonly percent: number } | null;
  /** The attempts that have begun, with the one that runs. */
  readonly attempts: number;
  /** The error of its last failed attempt. */
  readonly error: string | null;
}

export interface LiveQueue {
  readonly paused: boolean;
  readonly counts: Readonly<Record<'waiting' | 'active' | 'delayed' | 'failed' | 'completed', number>>;
  /** Connected BullMQ Workers; a process with many slots has several. */
  readonly workers: number;
  /** Redis's `maxmemory-policy`; any other than `noeviction` loses jobs when Redis is full. */
  readonly evictionPolicy: string;
  readonly appendOnly: boolean;
  /** The share of `maxmemory` in use; 0 without a limit. From 1 on, Redis refuses every write, unless it evicts. */
  readonly memoryUsed: number;
  /** Redis could not write its data to its disk the last time. By its default settings, it refuses every write then. */
  readonly cannotSave: boolean;
  /** Redis is a replica and refuses every write. */
  readonly isReadOnly: boolean;
}

/**
 * Facts that only Redis has. Every call resolves within 300 ms; null: Redis did not answer, or answered with an error.
 */
export interface Live {
  job(id: string): Promise<LiveJob | null>;
  queue(): Promise<LiveQueue | null>;
}

const answerWithinMs = 300;

export function createLive({ queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>): Live {
  const askInTime = async <T>(ask: () => Promise<T>): Promise<T | null> => {
    if (redis.status !== 'ready') return null;
    return answerWithin(answerWithinMs, ask());
  };
  return {
    job: (id) =>
      askInTime(async () => {
        const [job, at] = await Promise.all([queue.getJob(id), redis.lpos(queue.toKey('active'), id)]);
        return job ? toLiveJob(job, at !== null) : null;
      }),
    queue: () =>
      askInTime(async () => {
        const [paused, counts, workers, info] = await Promise.all([
          queue.isPaused(),
          queue.getJobCounts('waiting', 'active', 'delayed', 'failed', 'completed'),
          queue.getWorkersCount(),
          redis.info(),
        ]);
        return { paused, counts: sumCounts(counts), workers, ...parseInfo(info) };
      }),
  };
}

/** Hosted Redis often forbids CONFIG, and rarely INFO. */
function parseInfo(info: string): Omit<LiveQueue, 'paused' | 'counts' | 'workers'> {
  const value = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1];
  const maxMemory = Number(value('maxmemory') ?? 0);
  return {
    evictionPolicy: value('maxmemory_policy') ?? 'unknown',
    appendOnly: value('aof_enabled') === '1',
    memoryUsed: maxMemory > 0 ? Number(value('used_memory')) / maxMemory : 0,
    cannotSave: [value('aof_last_write_status'), value('rdb_last_bgsave_status')].includes('err'),
    isReadOnly: value('role') === 'slave',
  };
}

function sumCounts(counts: Record<string, number>): LiveQueue['counts'] {
  const count = (state: string) => counts[state] ?? 0;
  return {
    waiting: count('waiting') + count('wait'),
    active: count('active'),
    delayed: count('delayed'),
    failed: count('failed'),
    completed: count('completed'),
  };
}

function toLiveJob(job: QueuedJob, running: boolean): LiveJob {
  const progress = shownProgress(job.progress);
  return { running, progress, attempts: attemptsBegun(job), error: job.failedReason ?? null };
}
