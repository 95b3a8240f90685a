import { lockDurationMs } from './limits.ts';
import { shownProgress } from './live.ts';
import type { QueuedJob } from './queue.ts';
import type { Progress, Run } from './run.ts';

/** A delivery by BullMQ as the Run that `perform` knows. */
export function runOf(job: QueuedJob, token: string, signal: AbortSignal): Run {
  return {
    id: job.id ?? '',
    attemptsMade: job.attemptsMade,
    attemptsStarted: job.attemptsStarted,
    crashes: job.stalledCounter,
    progress: progressOf(job.progress),
    publishedAtRelease: job.data?.publishedBy === 'release',
    signal,
    extendLock: async () => (await job.extendLock(token, lockDurationMs)) === 1,
    // A courtesy to people: whether Redis is there to take it is the checkpoint's business.
    tell: (progress, line) => {
      job.updateProgress(progress).catch(() => undefined);
      job.log(`${new Date().toISOString().slice(11, 19)} ${line}`).catch(() => undefined);
    },
  };
}

function progressOf(kept: unknown): Progress | null {
  const shown = shownProgress(kept);
  if (!shown || typeof kept !== 'object' || kept === null) return null;
  const count = (value: unknown) => (typeof value === 'number' ? value : 0);
  const furthest = 'furthest' in kept ? count(kept.furthest) : 0;
  const crashesBefore = 'crashesBefore' in kept ? count(kept.crashesBefore) : 0;
  return { ...shown, furthest, crashesBefore };
}
