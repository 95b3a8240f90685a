import type { Checkpoint } from '#db/reads/work.ts';
import { RunAborted } from '#queues/ports/job-context.ts';
import { answerWithin } from '#queues/within.ts';

/** One delivery of a job by the queue; its id is the row's, and the only thing about it that is believed. */
export interface Run {
  readonly id: string;
  readonly attemptsMade: number;
  readonly attemptsStarted: number;
  /** How often a worker that had the job in hand died or lost its lock. */
  readonly crashes: number;
  readonly progress: Progress | null;
  /** Published by the transaction that released it, not by the sweeper. */
  readonly publishedAtRelease: boolean;
  readonly signal: AbortSignal;
  /** Extends the lock; false when it is not ours (any more). */
  extendLock(): Promise<boolean>;
  /** `line` goes into the job's log; null: nothing new to say. */
  reportProgress(progress: Progress, line: string | null): void;
}

/** Kept in Redis beside the job, for people and for the count of crashes. */
export interface Progress {
  readonly step: string;
  readonly percent: number;
  /** The furthest percent of any run, and the crashes there had been when it was reached. */
  readonly furthest: number;
  readonly crashesBefore: number;
}

const lockAnswerMs = 2_000;

/** Passed before every change at the provider: throws RunAborted unless lock and row say that this run may make it. */
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

/** Throws RunAborted where the job is closed or about to be destroyed. */
export async function assertWanted(
  run: Run,
  readCheckpoint: (jobId: string) => Promise<Checkpoint | null>,
): Promise<void> {
  run.signal.throwIfAborted();
  const checkpointed = await readCheckpoint(run.id);
  run.signal.throwIfAborted();
  if (checkpointed?.state !== 'released') throw new RunAborted('closed');
  if (checkpointed.destroyWaits) throw new RunAborted('destroy-waits');
}

/** Whether the job's runs die without ever getting further. */
export function isCrashLoop(run: Pick<Run, 'crashes' | 'progress'>, limit: number): boolean {
  return run.crashes - (run.progress?.crashesBefore ?? 0) >= limit;
}

/** The progress to record when a run reaches `step`. */
export function advance(run: Pick<Run, 'crashes'>, before: Progress | null, step: string, percent: number): Progress {
  const further = percent > (before?.furthest ?? 0);
  return {
    step,
    percent,
    furthest: further ? percent : (before?.furthest ?? 0),
    crashesBefore: further ? run.crashes : (before?.crashesBefore ?? 0),
  };
}
