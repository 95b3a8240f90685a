import type { JobContext } from '#queues/ports/job-context.ts';
import { advance, type Progress, type Run } from './run.ts';

/** The progress of one run, which its reports, warnings and orders change. */
export interface RunProgress extends Pick<JobContext, 'report' | 'warn'> {
  /** When the provider accepted the job's last order, in ms since 1970; null: none is recorded. */
  orderedAt(): number | null;
  /** Records that for the next run. */
  recordOrder(at: number | null): void;
}

export function createRunProgress(run: Run, onWarning: (message: string) => void): RunProgress {
  let progress: Progress | null = run.progress;
  return {
    report: (step, percent) => {
      const isSameStep = progress?.step === step;
      if (isSameStep && progress?.percent === percent) return;
      progress = advance(progress, { step, percent, crashes: run.crashes });
      run.reportProgress(progress, isSameStep ? null : step);
    },
    warn: (message) => {
      if (progress) run.reportProgress(progress, message);
      onWarning(message);
    },
    orderedAt: () => progress?.orderedAt ?? null,
    recordOrder: (orderedAt) => {
      if (!progress) return;
      progress = { ...progress, orderedAt };
      run.reportProgress(progress, null);
    },
  };
}
