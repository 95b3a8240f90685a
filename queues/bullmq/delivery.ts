import { lockDurationMs } from '#queues/limits.ts';
import type { Progress, Run } from '#queues/run/run.ts';
import type { QueuedJob } from './connection.ts';
import { countOf } from './crashes.ts';
import { shownProgress } from './live.ts';

/** What is asked of Redis beside the job itself: how often its workers died, and the life of Redis it is delivered in. */
export interface Delivery {
  readonly token: string;
  readonly crashes: number;
  readonly redisLife: string | null;
}

/** A delivery by BullMQ as the Run that `perform` knows. */
export function runOf(job: QueuedJob, { token, crashes, redisLife }: Delivery, signal: AbortSignal): Run {
  return {
    id: job.id ?? '',
    attemptsMade: countOf(job.attemptsMade),
    attemptsStarted: countOf(job.attemptsStarted),
    crashes,
    progress: progressOf(job.progress, crashes),
    publishedAtRelease: job.data?.publishedBy === 'release' && redisLife !== null && job.data.redisLife === redisLife,
    signal,
    extendLock: async () => (await job.extendLock(token, lockDurationMs)) === 1,
    // A courtesy to people: whether Redis is there to take it is the checkpoint's business.
    reportProgress: (progress, line) => {
      job.updateProgress(progress).catch(() => undefined);
      if (line !== null) job.log(`${new Date().toISOString().slice(11, 19)} ${line}`).catch(() => undefined);
    },
  };
}

function progressOf(kept: unknown, crashes: number): Progress | null {
  const shown = shownProgress(kept);
  if (!shown || typeof kept !== 'object' || kept === null) return null;
  const furthest = 'furthest' in kept ? countOf(kept.furthest) : 0;
  const crashesBefore = 'crashesBefore' in kept ? countOf(kept.crashesBefore) : 0;
  return { ...shown, furthest, crashesBefore: Math.min(crashesBefore, crashes) };
}

/** The kept progress of a job that is put off, so that everybody who looks sees what it waits for. */
export function putOff(job: Pick<QueuedJob, 'progress' | 'stalledCounter'>, step: string): Progress {
  const before = progressOf(job.progress, countOf(job.stalledCounter));
  return { ...(before ?? { percent: 0, furthest: 0, crashesBefore: 0 }), step };
}
