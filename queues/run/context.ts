import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseBusyError } from '#db/errors.ts';
import type { Work } from '#db/reads/work.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { PerformDeps } from './perform.ts';
import { advance, assertWanted, checkpoint, type Run } from './run.ts';

/** What a handler gets to see and do in this run. */
export function contextOf(run: Run, deps: PerformDeps, work: Work & Pick<JobContext, 'isOverdue'>): JobContext {
  const { gate, dnsGate, store, installation, watch, vpn, bootTimeoutMs } = deps;
  const readLeave = (jobId: string) => store.readLeave(jobId).catch(asBusy);
  let progress = run.progress;
  return {
    ...work,
    provider: gate.provider,
    dns: dnsGate?.dns ?? null,
    vpn: work.sealedKeys === null ? null : vpn.of(work.server.id, work.sealedKeys),
    owner: { installation, serverId: work.server.id },
    surelyFirst: run.publishedAtRelease && run.attemptsStarted === 1 && run.crashes === 0,
    bootTimeoutMs,
    signal: run.signal,
    checkpoint: () => checkpoint(run, readLeave),
    stillWanted: () => assertWanted(run, readLeave),
    report: (step, percent) => {
      const isSameStep = progress?.step === step;
      if (isSameStep && progress?.percent === percent) return;
      progress = advance(run, progress, step, percent);
      run.tell(progress, isSameStep ? null : step);
    },
    warn: (words) => {
      if (progress) run.tell(progress, words);
      deps.onWarning(work.job, words);
    },
    nextListing: () => watch.nextListing(run.signal),
    sleep: async (ms) => {
      await delay(ms, undefined, { signal: run.signal });
    },
  };
}

/** Whatever the database met: it is not the job's fault. */
function asBusy(error: unknown): never {
  throw error instanceof DatabaseBusyError ? error : new DatabaseBusyError('leave', error);
}
