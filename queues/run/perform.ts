import { DatabaseBusyError } from '#db/errors.ts';
import { type ClosedJobState, type JobKind, jobTraits, type Outcome } from '#db/model.ts';
import type { Work } from '#db/reads/work.ts';
import type { Store } from '#db/store.ts';
import type { Job } from '#db/tables.ts';
import { create } from '#queues/jobs/create.ts';
import { destroy } from '#queues/jobs/destroy.ts';
import { rebuild } from '#queues/jobs/rebuild.ts';
import { retire } from '#queues/jobs/retire.ts';
import { assertReachable } from '#queues/jobs/steps/assert-account.ts';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import {
  attemptsOf,
  crashesUntilParked,
  crashesUntilSuspected,
  createDeadlineMs,
  longestRetryMs,
} from '#queues/limits.ts';
import { type Handler, HopelessError, type JobContext, RunAborted } from '#queues/ports/job-context.ts';
import type { Vpn } from '#queues/ports/vpn.ts';
import { contextOf } from './context.ts';
import { type Gates, pauseAfter, pauseNow } from './pauses.ts';
import type { Quarantine } from './quarantine.ts';
import { isCrashLoop, type Run } from './run.ts';
import type { MachineWatch } from './shared-listing.ts';

const handlers = { create, rebuild, destroy, retire } satisfies Record<JobKind, Handler>;

/** What the queue is to be told about the run. */
export type RunEnd =
  | { readonly kind: 'completed'; readonly result: string }
  /** Final: no further attempt. */
  | { readonly kind: 'failed'; readonly error: string }
  /** One attempt is used up. */
  | { readonly kind: 'retry'; readonly error: string }
  /** No attempt is used up. */
  | { readonly kind: 'delayed'; readonly until: Date; readonly reason: string }
  | { readonly kind: 'handed back' }
  /** The lock is not ours: whoever has it tells. */
  | { readonly kind: 'nothing' };

export interface PerformDeps extends Gates {
  readonly store: Store;
  readonly watch: MachineWatch;
  readonly quarantine: Quarantine;
  readonly vpn: Vpn;
  readonly installation: string;
  readonly graceSeconds: number;
  readonly bootTimeoutMs: number;
  readonly now: () => Date;
  /** Tells the queue of jobs that a settle has released. */
  readonly publish: (released: readonly Job[]) => void;
  /** Counts a job's end; `seconds` is the time since its release. `fenced`: another run had settled it. */
  readonly onEnd: (kind: JobKind, end: ClosedJobState | 'fenced', seconds: number) => void;
  /** Tells operators what went wrong in a job without failing it. */
  readonly onWarning: (job: Job, message: string) => void;
}

const databasePauseMs = 2_000;
const quarantinePauseMs = 5_000;

/**
 * The life of a run:
 * 1. read the row: not released or not due → no effect, and the queue is told what the row says;
 * 2. a crash loop or a job past its time is ended; a provider or DNS that wants to be left alone delays the run; of the
 *    jobs whose workers keep dying one runs at a time;
 * 3. the handler acts, with no transaction open;
 * 4. settle records its outcome in the job's one transaction; if the job was closed meanwhile, the run ends quietly.
 */
export async function perform(run: Run, deps: PerformDeps): Promise<RunEnd> {
  try {
    const work = await deps.store.readWork(run.id);
    if (!work) return { kind: 'failed', error: `There is no job ${run.id} in the database.` };
    return (await endEarly(run, deps, work.job)) ?? (await actApart(run, deps, work));
  } catch (error) {
    // Outside the handler only the database is met, and its trouble costs no attempt, let alone a machine.
    return delayed(deps, databasePauseMs, errorMessage(error));
  }
}

async function endEarly(run: Run, deps: PerformDeps, job: Job): Promise<RunEnd | null> {
  if (job.state !== 'released') return asRecorded(job);
  if (job.dueAt && job.dueAt > deps.now()) return { kind: 'delayed', until: job.dueAt, reason: 'It is not due yet.' };
  if (isCrashLoop(run, crashesUntilParked)) {
    const error = `Parked: its workers died ${run.crashes} times, the last ${crashesUntilParked} without getting further than "${run.progress?.step ?? 'its start'}".`;
    return settle(run, deps, { end: 'failed', error, leftover: 'abandoned', parked: true });
  }
  const pause = pauseNow(deps);
  return pause && delayed(deps, pause.ms, pause.reason);
}

/** BullMQ is told what the row says, failed as failed. */
function asRecorded(job: Pick<Job, 'state' | 'error'>): RunEnd {
  if (job.state === 'failed') return { kind: 'failed', error: job.error ?? 'It failed.' };
  if (job.state === 'waiting') return { kind: 'completed', result: 'No effect: the job waits for the one before it.' };
  return { kind: 'completed', result: job.state };
}

async function actApart(run: Run, deps: PerformDeps, work: Work): Promise<RunEnd> {
  if (!isCrashLoop(run, crashesUntilSuspected)) return act(run, deps, work);
  const exit = deps.quarantine.enter();
  if (!exit) return delayed(deps, quarantinePauseMs, 'Its workers died; it waits for another such job to be done.');
  try {
    return await act(run, deps, work);
  } finally {
    exit();
  }
}

async function act(run: Run, deps: PerformDeps, work: Work): Promise<RunEnd> {
  const context = contextOf(run, deps, { ...work, isOverdue: isOverdue(work.job, deps.now()) });
  let outcome: Outcome;
  try {
    outcome = await handle(context);
  } catch (error) {
    return afterFailure(run, deps, context, error);
  }
  const end = await settle(run, deps, outcome);
  // For people: what is done shows no half-full ring.
  if (end.kind === 'completed' && end.result === outcome.end) context.report('Done', 100);
  return end;
}

async function handle(context: JobContext): Promise<Outcome> {
  await context.stillWanted();
  await assertReachable(context);
  return handlers[context.job.kind](context);
}

function isOverdue(job: Job, now: Date): boolean {
  return jobTraits[job.kind].hasLastAttempt && now.getTime() - (job.releasedAt ?? now).getTime() > createDeadlineMs;
}

async function afterFailure(run: Run, deps: PerformDeps, context: JobContext, thrown: unknown): Promise<RunEnd> {
  const error = run.signal.aborted && run.signal.reason instanceof RunAborted ? run.signal.reason : thrown;
  if (error instanceof DatabaseBusyError) throw error;
  if (error instanceof RunAborted) return afterAbort(run, deps, error);
  const pauseMs = pauseAfter(error, deps);
  const reason = errorMessage(error);
  if (pauseMs !== null) return delayed(deps, pauseMs, reason);
  if (!isFinal(error, context.job.kind, run)) return { kind: 'retry', error: reason };
  return giveUp(run, deps, context, reason);
}

async function giveUp(run: Run, deps: PerformDeps, context: JobContext, reason: string): Promise<RunEnd> {
  let leftover: 'gone' | 'abandoned';
  try {
    leftover = await cleanUpFailedMachine(context);
  } catch (error) {
    if (error instanceof RunAborted) return afterAbort(run, deps, error);
    throw error;
  }
  return settle(run, deps, { end: 'failed', error: reason, leftover });
}

async function afterAbort(run: Run, deps: PerformDeps, { reason }: RunAborted): Promise<RunEnd> {
  switch (reason) {
    case 'lock-lost':
      return { kind: 'nothing' };
    case 'shutdown':
      return { kind: 'handed back' };
    case 'destroy-waits':
      return settle(run, deps, { end: 'cancelled', error: 'The server is to be destroyed.' });
    case 'closed': {
      const job = await deps.store.readJob(run.id);
      return job ? asRecorded(job) : { kind: 'nothing' };
    }
  }
}

/** Removals have no last attempt: giving up would leave a machine that is paid for. */
function isFinal(error: unknown, kind: JobKind, run: Run): boolean {
  if (error instanceof HopelessError) return true;
  return jobTraits[kind].hasLastAttempt && run.attemptsMade + 1 >= attemptsOf[kind];
}

async function settle(run: Run, deps: PerformDeps, outcome: Outcome): Promise<RunEnd> {
  const { store, graceSeconds, now } = deps;
  const settled = await store.settle({
    jobId: run.id,
    outcome,
    attempts: run.attemptsMade + 1,
    graceSeconds,
    now: now(),
  });
  if (settled.end === 'fenced') {
    const job = await store.readJob(run.id);
    if (!job) return { kind: 'nothing' };
    deps.onEnd(job.kind, 'fenced', secondsSince(job.releasedAt, now()));
    return asRecorded(job);
  }
  deps.onEnd(settled.job.kind, settled.state, secondsSince(settled.job.releasedAt, now()));
  deps.publish(settled.released);
  if (outcome.end === 'failed') return { kind: 'failed', error: outcome.error };
  return { kind: 'completed', result: outcome.end };
}

function secondsSince(at: Date | null, now: Date): number {
  return at ? (now.getTime() - at.getTime()) / 1000 : 0;
}

function delayed(deps: PerformDeps, ms: number, reason: string): RunEnd {
  // Spread, so that those who wait for the same thing do not all return at once; and never so late that the sweeper
  // would take it for put off by somebody else.
  const pauseMs = Math.min(ms, longestRetryMs) + Math.random() * 1_000;
  return { kind: 'delayed', until: new Date(deps.now().getTime() + pauseMs), reason };
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
