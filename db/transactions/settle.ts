import type { ClosedJobState, Outcome, Settlement } from '#db/model.ts';
import { and, eq, sql } from '#db/orm.ts';
import { ask, askHot, type Context, given, hot, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';
import { recordCalls } from './calls.ts';
import { recordTurn } from './events.ts';
import { followUp } from './follow-up.ts';
import { lockLines } from './line.ts';
import { applyOutcome, type EventMachine } from './outcome.ts';
import { releaseHead } from './release.ts';

export type Settled =
  | { readonly end: 'fenced' }
  | {
      readonly end: 'settled';
      readonly state: ClosedJobState;
      /** The job's row as it was before. */
      readonly job: SettledJob;
      readonly released: readonly Job[];
    };

/** The job was closed before. Thrown inside the transaction, so that it rolls back. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

export type SettledJob = Pick<
  Job,
  | 'id'
  | 'serverId'
  | 'kind'
  | 'state'
  | 'line'
  | 'machineId'
  | 'attempts'
  | 'cause'
  | 'retryOf'
  | 'cancelCause'
  | 'releasedAt'
  | 'finishedAt'
>;

const jobById = hot('settle_job', ({ db, t: { jobs } }) => {
  const { id, serverId, kind, state, line, machineId, attempts, cause, retryOf, cancelCause, releasedAt } = jobs;
  const columns = { id, serverId, kind, state, line, machineId, attempts, cause, retryOf, cancelCause, releasedAt };
  return db
    .select({ ...columns, finishedAt: jobs.finishedAt })
    .from(jobs)
    .where(eq(id, sql.placeholder('id')));
});

const closeReleased = hot('settle_close', ({ db, t: { jobs } }) =>
  db
    .update(jobs)
    .set({
      state: given('state', jobs.state),
      error: given('error', jobs.error),
      attempts: given('attempts', jobs.attempts),
      parked: given('parked', jobs.parked),
      finishedAt: given('finishedAt', jobs.finishedAt),
    })
    .where(and(eq(jobs.id, sql.placeholder('id')), eq(jobs.state, 'released')))
    .returning({ id: jobs.id }),
);

const closedStates = {
  made: 'succeeded',
  removed: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<Outcome['end'], ClosedJobState>;

/**
 * The one transaction of a job: closes it, changes its server and machines, and releases the next job of the line.
 * Throws FencedError if the job is not released or does not exist. `isRepeated`: an earlier try of the same settlement
 * got no answer, and may have been committed.
 */
export function* settle(context: Context, settlement: Settlement, isRepeated = false): Steps<Settled> {
  const { jobId, outcome, now } = settlement;
  const [job] = yield* askHot(jobById, { id: jobId });
  if (!job) throw new FencedError(`There is no job ${jobId}.`);
  if (isRepeated && isOwn(job, settlement)) return yield* settledBefore(context, job, settlement);
  const server = yield* lockLines(context, job.serverId);
  yield* close(settlement);
  yield* recordCalls(jobId, settlement.calls ?? []);
  const ending = { server, job, settlement };
  const machines = yield* applyOutcome(ending);
  const also = yield* followUp(context, ending, yield* recordEnd(context, { job, settlement, machines }));
  const next = yield* releaseHead(context, { line: job.line, now });
  const state = closedStates[outcome.end];
  return { end: 'settled', state, job, released: [...also, ...(next ? [next] : [])] };
}

/** Whether an earlier try of this settlement closed the job. */
function isOwn(job: SettledJob, { outcome, attempts, now }: Settlement): boolean {
  const sameTime = job.finishedAt?.getTime() === now.getTime();
  return sameTime && job.state === closedStates[outcome.end] && job.attempts === attempts;
}

function* settledBefore({ db, t }: Context, job: SettledJob, { outcome, now }: Settlement): Steps<Settled> {
  const releasedByIt = and(eq(t.jobs.serverId, job.serverId), eq(t.jobs.state, 'released'), eq(t.jobs.releasedAt, now));
  const released = yield* ask(db.select().from(t.jobs).where(releasedByIt));
  return { end: 'settled', state: closedStates[outcome.end], job, released };
}

function* close({ jobId, outcome, attempts, now }: Settlement): Steps<void> {
  const error = 'error' in outcome ? outcome.error : null;
  const parked = outcome.end === 'failed' && outcome.parked === true;
  const state = closedStates[outcome.end];
  const [closed] = yield* askHot(closeReleased, { id: jobId, state, error, attempts, parked, finishedAt: now });
  if (!closed) throw new FencedError(`Job ${jobId} was settled before.`);
}

interface End {
  readonly job: SettledJob;
  readonly settlement: Settlement;
  readonly machines: readonly EventMachine[];
}

function recordEnd(context: Context, { job, settlement, machines }: End): Steps<string> {
  const { outcome, attempts, now } = settlement;
  const detail = {
    attempts,
    ...('error' in outcome && { error: outcome.error }),
    ...(machines.length > 0 && { machines }),
  };
  return recordTurn(context, {
    turn: closedStates[outcome.end],
    job,
    actor: 'worker',
    at: now,
    cause: outcome.end === 'cancelled' ? (job.cancelCause ?? job.cause) : job.cause,
    // The machine is found by its provider's id also when its row is gone.
    subject: outcome.end === 'made' ? outcome.machine.providerId : null,
    detail,
  });
}
