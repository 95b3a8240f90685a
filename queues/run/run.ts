import type { Checkpoint } from '#db/reads/work.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { answerWithin } from '#queues/within.ts';

/**
 * One delivery of a job by the queue. Its id is the row's; nothing else in it is trusted for a decision about the job.
 */
export interface Run {
  readonly id: string;
  readonly attemptsMade: number;
  readonly attemptsStarted: number;
  /** How often a worker died, or lost its lock, while it ran the job. */
  readonly crashes: number;
  readonly progress: Progress | null;
  /** The process that released the job has published it, to the Redis that delivers it; the sweeper has not. */
  readonly publishedAtRelease: boolean;
  readonly signal: AbortSignal;
  /** Extends the lock; false: this run does not hold it. */
  extendLock(): Promise<boolean>;
  /** Shows the progress; `line` is added to the job's log, null adds none. */
  reportProgress(progress: Progress, line: string | null): void;
}

/** Kept in Redis beside the job, for people, for the count of crashes, and for the wait after an order. */
export interface Progress {
  readonly step: string;
  readonly percent: number;
  /** The furthest percent of any run. */
  readonly furthest: number;
  /** The number of crashes when `furthest` was reached. */
  readonly crashesBefore: number;
  /** When the provider accepted the last order, in ms since 1970; null: none, or its machine is gone. May only delay. */
  readonly orderedAt: number | null;
}

const lockAnswerMs = 2_000;

/**
 * To be called before every change at the provider. Throws RunAborted unless both the row and the lock allow the
 * change.
 */
export async function checkpoint(
  run: Run,
  readCheckpoint: (jobId: string) => Promise<Checkpoint | null>,
): Promise<void> {
  await assertWanted(run, readCheckpoint);
  const held = await answerWithin(lockAnswerMs, run.extendLock());
  run.signal.throwIfAborted();
  // A lock that cannot be confirmed in time counts as lost.
  if (!held) throw new RunAborted('lock-lost');
}

/** Throws RunAborted if the job is closed or cancelled, or if a destroy of its server waits behind it. */
export async function assertWanted(
  run: Run,
  readCheckpoint: (jobId: string) => Promise<Checkpoint | null>,
): Promise<void> {
  run.signal.throwIfAborted();
  const row = await readCheckpoint(run.id);
  run.signal.throwIfAborted();
  if (row?.state !== 'released') throw new RunAborted('closed');
  if (row.destroyWaits) throw new RunAborted('destroy-waits');
  if (row.cancelAsked) throw new RunAborted('cancel-asked');
}

/** Whether the last `limit` runs of the job died without getting further. */
export function isCrashLoop(run: Pick<Run, 'crashes' | 'progress'>, limit: number): boolean {
  return run.crashes - (run.progress?.crashesBefore ?? 0) >= limit;
}

/** The progress to keep when a run reaches a step. */
export function advance(
  before: Progress | null,
  { step, percent, crashes }: { readonly step: string; readonly percent: number; readonly crashes: number },
): Progress {
  const orderedAt = before?.orderedAt ?? null;
  if (percent > (before?.furthest ?? 0)) return { step, percent, furthest: percent, crashesBefore: crashes, orderedAt };
  return { step, percent, furthest: before?.furthest ?? 0, crashesBefore: before?.crashesBefore ?? 0, orderedAt };
}
