import type { Progress } from '#queues/run/run.ts';
import type { QueuedJob } from './connection.ts';
import { logLine } from './log-line.ts';

/** Writes a run's progress and log lines to Redis, where people see them in Bull Board. */
export interface ProgressWriter {
  /** `line` is added to the job's log; null adds none. */
  report(progress: Progress, line: string | null): void;
  /**
   * The run is over. Writes everything that is not written yet; but nothing if the run succeeded before anything was
   * written, since its end says enough.
   */
  end(succeeded: boolean): void;
}

/** Reports that come within this time are written together. */
const gatherMs = 250;

export function createProgressWriter(job: Pick<QueuedJob, 'updateProgress' | 'log'>): ProgressWriter {
  let lastWriteAt = performance.now();
  let progress: Progress | null = null;
  let lines: string[] = [];
  let timer: NodeJS.Timeout | null = null;
  let hasWritten = false;

  const write = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    // Progress is only for people. The next checkpoint fails if Redis does not answer.
    if (progress) job.updateProgress(progress).catch(() => undefined);
    for (const line of lines) job.log(line).catch(() => undefined);
    progress = null;
    lines = [];
    lastWriteAt = performance.now();
    hasWritten = true;
  };
  return {
    report: (latest, line) => {
      progress = latest;
      if (line !== null) lines.push(logLine(line));
      const waitMs = lastWriteAt + gatherMs - performance.now();
      if (waitMs <= 0) write();
      else timer ??= setTimeout(write, waitMs);
    },
    end: (succeeded) => {
      if (timer && (hasWritten || !succeeded)) write();
      else if (timer) clearTimeout(timer);
    },
  };
}
