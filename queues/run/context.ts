import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseBusyError } from '#db/errors.ts';
import type { Work } from '#db/reads/work.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { PerformDeps } from './perform.ts';
import { advance, assertWanted, checkpoint, type Run } from './run.ts';

/** What a handler gets to see and do in this run. */
export function contextOf(run: Run, deps: PerformDeps, work: Work & Pick<JobContext, 'isOverdue'>): JobContext {
  const { providerGate, dnsGate, store, installation, watch, vpn, bootTimeoutMs } = deps;
  const readCheckpoint = (jobId: string) => store.readCheckpoint(jobId).catch(asBusy);
  let progress = run.progress;
  return {
    ...work,
    provider: providerGate.provider,
    dns: dnsGate?.dns ?? null,
    vpn: work.sealedKeys === null ? null : vpn.of(work.server.id, work.sealedKeys),
    owner: { installation, serverId: work.server.id },
    surelyFirst: run.publishedAtRelease && run.attemptsStarted === 1 && run.crashes === 0,
    bootTimeoutMs,
    signal: run.signal,
    checkpoint: () => checkpoint(run, readCheckpoint),
    stillWanted: () => assertWanted(run, readCheckpoint),
    report: (step, percent) => {
      const isSameStep = progress?.step === step;
      if (isSameStep && progress?.percent === percent) return;
      progress = advance(run, progress, step, percent);
      run.reportProgress(progress, isSameStep ? null : step);
    },
    warn: (message) => {
      if (progress) run.reportProgress(progress, message);
      deps.onWarning(work.job, message);
    },
    nextListing: () => watch.nextListing(run.signal),
    sleep: async (ms) => {
      await delay(ms, undefined, { signal: run.signal });
    },
  };
}

/** Whatever the database met: it is not the job's fault. */
function asBusy(error: unknown): never {
  throw error instanceof DatabaseBusyError ? error : new DatabaseBusyError('checkpoint', error);
}
