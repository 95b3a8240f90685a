import { DatabaseBusyError } from '#db/errors.ts';
import { jobTraits } from '#db/job-traits.ts';
import type { JobKind, Outcome } from '#db/model.ts';
import { callOff } from '#queues/jobs/call-off.ts';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import { attemptsOf } from '#queues/limits.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { NonRetryableError, RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import type { PerformDeps } from './context.ts';
import { pauseAfter } from './pauses.ts';
import type { Run } from './run.ts';
import { delayedBy, endAsRecorded, type RunEnd } from './run-end.ts';

/** A run whose handler was called. */
export interface HandledRun {
  readonly run: Run;
  readonly deps: PerformDeps;
  readonly context: JobContext;
}

/**
 * Records the outcome in the job's one transaction, and publishes the jobs that it releases. If another run has closed
 * the job meanwhile, it records nothing and returns the end that the row implies.
 */
export async function settle(run: Run, deps: PerformDeps, outcome: Outcome): Promise<RunEnd> {
  const { store, callRecords, graceSeconds, now } = deps;
  const settled = await store.settle({
    jobId: run.id,
    outcome,
    attempts: run.attemptsMade + 1,
    graceSeconds,
    calls: callRecords.of(run.id),
    now: now(),
  });
  if (settled.end === 'fenced') return concludeFenced(run, deps);
  deps.onEnd(settled.job.kind, settled.state, secondsSince(settled.job.releasedAt, now()));
  deps.publish(settled.released);
  if (settled.state === 'succeeded' && settled.job.retryOf !== null) deps.removeRetried(settled.job.retryOf);
  if (outcome.end === 'failed') return { kind: 'failed', error: outcome.error };
  return { kind: 'completed', result: outcome.end };
}

/** Settles the outcome of a handler, and shows that the job is done. */
export async function settleHandled({ run, deps, context }: HandledRun, outcome: Outcome): Promise<RunEnd> {
  const end = await settle(run, deps, outcome);
  // Otherwise Bull Board would show a completed job with a half-full ring.
  if (end.kind === 'completed' && end.result === outcome.end) context.report('Done', 100);
  return end;
}

async function concludeFenced(run: Run, { store, onEnd, now }: PerformDeps): Promise<RunEnd> {
  const job = await store.readJob(run.id);
  if (!job) return { kind: 'lock-lost' };
  onEnd(job.kind, 'fenced', secondsSince(job.releasedAt, now()));
  return endAsRecorded(job, store);
}

/**
 * Decides how a run ends after its handler threw: aborted, delayed, another attempt, or failed for good. A final
 * failure first removes the machine that the job made. Throws database errors.
 */
export async function concludeFailure(handled: HandledRun, thrown: unknown): Promise<RunEnd> {
  const { run, deps, context } = handled;
  const error = run.signal.aborted && run.signal.reason instanceof RunAborted ? run.signal.reason : thrown;
  if (error instanceof DatabaseBusyError) throw error;
  if (error instanceof RunAborted) return concludeAbort(handled, error);
  const reason = errorMessage(error);
  if (isUnsoldRebuild(error, context.job.kind)) return failForGood(handled, `${reason} ${unsoldAdvice}`);
  const pauseMs = pauseAfter(error, deps);
  if (pauseMs !== null) return delayedBy(pauseMs, reason, deps.now());
  if (!isFinal(error, context.job.kind, run)) return { kind: 'retry', error: reason };
  return failForGood(handled, reason);
}

async function concludeAbort(handled: HandledRun, { reason }: RunAborted): Promise<RunEnd> {
  const { run, deps } = handled;
  switch (reason) {
    case 'lock-lost':
      return { kind: 'lock-lost' };
    case 'shutdown':
      return { kind: 'handed-back' };
    case 'destroy-waits':
      return settle(run, deps, { end: 'cancelled', error: 'The server is to be destroyed.' });
    case 'cancel-asked':
      return concludeCancel({ run, deps, context: handled.context.despiteCancel() });
    case 'closed': {
      const job = await deps.store.readJob(run.id);
      return job ? endAsRecorded(job, deps.store) : { kind: 'lock-lost' };
    }
  }
}

/** Removing the machine is work like that of a handler, so its errors are concluded like those of one. */
async function concludeCancel(handled: HandledRun): Promise<RunEnd> {
  let outcome: Outcome;
  try {
    outcome = await callOff(handled.context);
  } catch (error) {
    return concludeFailure(handled, error);
  }
  return settleHandled(handled, outcome);
}

const unsoldAdvice = 'The server keeps its machine. Rebuild it with a plan or in a location that GET /v1/plans lists.';

/** The server of a failed rebuild has a machine, so it need not wait until its cloud sells the plan again. */
function isUnsoldRebuild(error: unknown, kind: JobKind): boolean {
  const hasMachine = jobTraits[kind].statusWhenFailed === 'running';
  return hasMachine && error instanceof ProviderError && error.fault === 'not-offered';
}

/** Removals have no last attempt: a machine that is left over costs money. */
function isFinal(error: unknown, kind: JobKind, run: Run): boolean {
  if (error instanceof NonRetryableError) return true;
  return jobTraits[kind].hasLastAttempt && run.attemptsMade + 1 >= attemptsOf[kind];
}

async function failForGood(handled: HandledRun, reason: string): Promise<RunEnd> {
  const { run, deps } = handled;
  const context = handled.context.despiteCancel();
  let leftover: 'gone' | 'abandoned';
  try {
    leftover = await cleanUpFailedMachine(context);
  } catch (error) {
    if (error instanceof RunAborted) return concludeAbort(handled, error);
    throw error;
  }
  return settle(run, deps, { end: 'failed', error: reason, leftover });
}

/** The message of anything that was thrown, for people. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function secondsSince(at: Date | null, now: Date): number {
  return at ? (now.getTime() - at.getTime()) / 1000 : 0;
}
