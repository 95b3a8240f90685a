import type { JobKind, Outcome } from '#db/model.ts';
import type { Work, WorkJob } from '#db/reads/work.ts';
import { create } from '#queues/jobs/create.ts';
import { destroy } from '#queues/jobs/destroy.ts';
import { rebuild } from '#queues/jobs/rebuild.ts';
import { resume } from '#queues/jobs/resume.ts';
import { retire } from '#queues/jobs/retire.ts';
import { assertReachable } from '#queues/jobs/steps/assert-account.ts';
import { suspend } from '#queues/jobs/suspend.ts';
import { crashesUntilParked, crashesUntilSuspected } from '#queues/limits.ts';
import type { Handler, JobContext } from '#queues/ports/job-context.ts';
import { concludeFailure, errorMessage, settle, settleHandled } from './conclude.ts';
import { createJobContext, type PerformDeps } from './context.ts';
import { isOverdue } from './deadline.ts';
import { pauseNow } from './pauses.ts';
import { isCrashLoop, type Run } from './run.ts';
import { delayedBy, endAsRecorded, type RunEnd } from './run-end.ts';

const handlers = { create, rebuild, suspend, resume, destroy, retire } satisfies Record<JobKind, Handler>;

const databasePauseMs = 2_000;
const quarantinePauseMs = 5_000;

/**
 * The life of a run:
 * 1. It reads the row. A job that is not released has no effect, and the run ends as the row implies. A job that is not
 *    due is delayed.
 * 2. A crash loop is parked. A closed gate of the provider or the DNS delays the run. Jobs whose workers keep dying run
 *    one at a time.
 * 3. The handler acts, with no transaction open.
 * 4. `settle` records the outcome in the job's one transaction. If another run has closed the job, nothing is recorded.
 */
export async function perform(run: Run, deps: PerformDeps): Promise<RunEnd> {
  deps.emptyRuns.begin(run);
  try {
    const work = await deps.store.readWork(run.id);
    if (!work) return { kind: 'failed', error: `There is no job ${run.id} in the database.` };
    const end = (await endEarly(run, deps, work.job)) ?? (await actInQuarantine(run, deps, work));
    if (end.kind === 'completed' || end.kind === 'failed') forget(run, deps);
    return end;
  } catch (error) {
    // Outside the handler only the database can fail. Such an error uses no attempt and removes no machine.
    return delayedBy(databasePauseMs, errorMessage(error), deps.now());
  }
}

function forget({ id }: Run, { emptyRuns, callRecords }: PerformDeps): void {
  emptyRuns.forget(id);
  callRecords.forget(id);
}

async function endEarly(run: Run, deps: PerformDeps, job: WorkJob): Promise<RunEnd | null> {
  if (job.state !== 'released') return endAsRecorded(job, deps.store);
  if (job.dueAt && job.dueAt > deps.now()) return { kind: 'delayed', until: job.dueAt, reason: 'It is not due yet.' };
  if (isCrashLoop(run, crashesUntilParked)) return park(run, deps);
  const pause = pauseNow(deps);
  return pause && delayedBy(pause.ms, pause.reason, deps.now());
}

function park(run: Run, deps: PerformDeps): Promise<RunEnd> {
  const step = run.progress?.step ?? 'its start';
  const error = `Parked: its workers died ${run.crashes} times, the last ${crashesUntilParked} without getting further than "${step}".`;
  return settle(run, deps, { end: 'failed', error, leftover: 'abandoned', parked: true });
}

/** Runs the job in quarantine if its workers keep dying, otherwise right away. */
async function actInQuarantine(run: Run, deps: PerformDeps, work: Work): Promise<RunEnd> {
  if (!isCrashLoop(run, crashesUntilSuspected)) return act(run, deps, work);
  const exit = deps.quarantine.enter();
  if (!exit)
    return delayedBy(quarantinePauseMs, 'Its workers died. It waits until another such job has ended.', deps.now());
  try {
    return await act(run, deps, work);
  } finally {
    exit();
  }
}

async function act(run: Run, deps: PerformDeps, work: Work): Promise<RunEnd> {
  const context = createJobContext(run, deps, {
    ...work,
    isOverdue: await isOverdue(deps.store, work.job, deps.now()),
  });
  let outcome: Outcome;
  try {
    outcome = await handle(context);
  } catch (error) {
    return concludeFailure({ run, deps, context }, error);
  }
  return settleHandled({ run, deps, context }, outcome);
}

async function handle(context: JobContext): Promise<Outcome> {
  await context.assertWanted();
  await assertReachable(context);
  return handlers[context.job.kind](context);
}
