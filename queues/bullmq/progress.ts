import type { Progress } from '#queues/run/run.ts';
import type { QueuedJob } from './connection.ts';
import { countOf } from './crashes.ts';

/** The part of the progress that people see; null: Redis holds none, or one of an unknown shape. */
export function shownProgress(progress: unknown): { readonly step: string; readonly percent: number } | null {
  if (typeof progress !== 'object' || progress === null || !('step' in progress) || !('percent' in progress))
    return null;
  const { step, percent } = progress;
  return typeof step === 'string' && typeof percent === 'number' ? { step, percent } : null;
}

/** The progress that earlier runs recorded. An impossible count becomes 0, and `crashesBefore` is at most `crashes`. */
export function parseProgress(kept: unknown, crashes: number): Progress | null {
  const shown = shownProgress(kept);
  if (!shown || typeof kept !== 'object' || kept === null) return null;
  const furthest = 'furthest' in kept ? countOf(kept.furthest) : 0;
  const crashesBefore = 'crashesBefore' in kept ? countOf(kept.crashesBefore) : 0;
  const orderedAt = 'orderedAt' in kept && Number.isSafeInteger(kept.orderedAt) ? Number(kept.orderedAt) : null;
  return { ...shown, furthest, crashesBefore: Math.min(crashesBefore, crashes), orderedAt };
}

/** The job's progress with another step, which says why the job is delayed. */
export function progressWithStep(job: Pick<QueuedJob, 'progress' | 'stalledCounter'>, step: string): Progress {
  const before = parseProgress(job.progress, countOf(job.stalledCounter));
  return { ...(before ?? { percent: 0, furthest: 0, crashesBefore: 0, orderedAt: null }), step };
}
