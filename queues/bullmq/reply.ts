import { DelayedError, UnrecoverableError, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';
import { lockDurationMs } from '#queues/limits.ts';
import type { RunEnd } from '#queues/run/run-end.ts';
import type { QueuedJob } from './connection.ts';
import { recordSurvivedLockLoss } from './crashes.ts';
import { logLine } from './log-line.ts';
import { progressWithStep } from './progress.ts';

export interface ReplyDeps {
  readonly job: QueuedJob;
  readonly token: string;
  readonly redis: Redis;
  readonly now: () => Date;
}

/** Reports how a run ended. BullMQ reads that from the processor's value or error, so the caller must pass both on. */
export async function reply(deps: ReplyDeps, end: RunEnd): Promise<string> {
  const { job } = deps;
  switch (end.kind) {
    case 'completed':
      return end.result;
    case 'failed':
      await showLine(job, `Failed: ${end.error}`);
      throw new UnrecoverableError(end.error);
    case 'retry':
      return replyRetry(deps, end.error);
    case 'delayed':
      return replyDelayed(deps, end.until, end.reason);
    case 'handed-back':
      await showLine(job, 'Handed back: its worker shuts down.');
      await job.moveToWait(deps.token);
      throw new WaitingError();
    case 'lock-lost':
      // If the lock is lost, BullMQ rejects this. If it merely could not be confirmed, the job becomes available at
      // once.
      await job.moveToWait(deps.token).catch(() => recordSurvivedLockLoss(deps.redis, job));
      throw new WaitingError();
  }
}

async function replyRetry({ job, token, redis }: ReplyDeps, error: string): Promise<never> {
  await showLine(job, `Attempt failed: ${error}`);
  const extended = await job.extendLock(token, lockDurationMs).catch(() => 0);
  if (extended !== 1) await recordSurvivedLockLoss(redis, job);
  throw new Error(error);
}

async function replyDelayed({ job, token, redis, now }: ReplyDeps, until: Date, reason: string): Promise<never> {
  const step = `Delayed until ${until.toISOString()}: ${reason}`;
  await showLine(job, step);
  await job.updateProgress(progressWithStep(job, step));
  // BullMQ uses this process's clock, and `until` is by the shared one.
  const bullTime = Date.now() + until.getTime() - now().getTime();
  await job.moveToDelayed(bullTime, token).catch(async (error: unknown) => {
    await recordSurvivedLockLoss(redis, job);
    throw error;
  });
  throw new DelayedError();
}

/** The log is only for people, and another program may have written something else under its key. */
async function showLine(job: QueuedJob, line: string): Promise<void> {
  await job.log(logLine(line)).catch(() => undefined);
}
