import { answerWithin } from '#queues/within.ts';
import type { QueueConnection, QueuedJob } from './connection.ts';

export interface LiveJob {
  readonly progress: { readonly step: string; readonly percent: number } | null;
  readonly attempts: number;
  /** Why its last attempt failed. */
  readonly error: string | null;
}

export interface LiveQueue {
  readonly paused: boolean;
  readonly counts: Readonly<Record<'waiting' | 'active' | 'delayed' | 'failed' | 'completed', number>>;
  /** Worker processes that are connected; a large one counts several times. */
  readonly workers: number;
  /** What Redis does when it is full; anything but `noeviction` loses jobs. */
  readonly evictionPolicy: string;
  readonly appendOnly: boolean;
  /** It has no room left, and unless it evicts refuses every write. */
  readonly isFull: boolean;
  /** It follows another Redis, and refuses every write. */
  readonly isReadOnly: boolean;
}

/** What only the queue knows. Every answer comes within 300 ms, and is null when Redis gives none. */
export interface Live {
  job(id: string): Promise<LiveJob | null>;
  queue(): Promise<LiveQueue | null>;
}

const answerWithinMs = 300;

export function createLive({ queue, redis }: Pick<QueueConnection, 'queue' | 'redis'>): Live {
  const soon = async <T>(ask: () => Promise<T>): Promise<T | null> => {
    if (redis.status !== 'ready') return null;
    return answerWithin(answerWithinMs, ask());
  };
  return {
    job: (id) => soon(async () => liveJob(await queue.getJob(id))),
    queue: () =>
      soon(async () => {
        const [paused, counts, workers, info] = await Promise.all([
          queue.isPaused(),
          queue.getJobCounts('waiting', 'active', 'delayed', 'failed', 'completed'),
          queue.getWorkersCount(),
          redis.info(),
        ]);
        return { paused, counts: countsOf(counts), workers, ...settingsIn(info) };
      }),
  };
}

/** INFO tells the settings that matter, and unlike CONFIG is rarely forbidden. */
function settingsIn(info: string): Pick<LiveQueue, 'evictionPolicy' | 'appendOnly' | 'isFull' | 'isReadOnly'> {
  const value = (name: string) => new RegExp(`^${name}:(\\S*)`, 'm').exec(info)?.[1];
  const room = Number(value('maxmemory') ?? 0);
  return {
    evictionPolicy: value('maxmemory_policy') ?? 'unknown',
    appendOnly: value('aof_enabled') === '1',
    isFull: room > 0 && Number(value('used_memory')) >= room,
    isReadOnly: value('role') === 'slave',
  };
}

function countsOf(counts: Record<string, number>): LiveQueue['counts'] {
  const of = (state: string) => counts[state] ?? 0;
  return {
    waiting: of('waiting') + of('wait'),
    active: of('active'),
    delayed: of('delayed'),
    failed: of('failed'),
    completed: of('completed'),
  };
}

function liveJob(job: QueuedJob | undefined): LiveJob | null {
  if (!job) return null;
  return { progress: shownProgress(job.progress), attempts: job.attemptsMade, error: job.failedReason ?? null };
}

/** Redis is not to be trusted with the shape of what it keeps. */
export function shownProgress(progress: unknown): LiveJob['progress'] {
  if (typeof progress !== 'object' || progress === null || !('step' in progress) || !('percent' in progress))
    return null;
  const { step, percent } = progress;
  return typeof step === 'string' && typeof percent === 'number' ? { step, percent } : null;
}
