import { unindexed } from '#db/literal.ts';
import type { ClosedJobState, Outcome, Settlement } from '#db/model.ts';
import { and, eq, sql } from '#db/orm.ts';
import { ask, askAhead, askHot, type Context, firstOf, given, hot, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';
import { recordCalls } from './calls.ts';
import { recordTurn } from './events.ts';
import { followUp } from './follow-up.ts';
import { askLines } from './line.ts';
import { applyOutcome, type EventMachine, type PlannedMachine } from './outcome.ts';
import { askHeadBehind, lineHead, releaseHead } from './release.ts';

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
> & {
  /** The one that it makes or retires, as it was planned; null: it is about the whole server. */
  readonly machine: PlannedMachine | null;
};

const jobById = hot('settle_job', ({ db, t: { jobs, machines } }) => {
  const { id, serverId, kind, state, line, machineId, attempts, cause, retryOf, cancelCause, releasedAt } = jobs;
  const columns = { id, serverId, kind, state, line, machineId, attempts, cause, retryOf, cancelCause, releasedAt };
  const { name, location, plan } = machines;
  return db
    .select({ ...columns, finishedAt: jobs.finishedAt, machine: { name, location, plan } })
    .from(jobs)
    .leftJoin(machines, eq(machines.id, machineId))
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
  const closed = yield* closeLocked(settlement);
  if (!closed) return yield* settledBefore(context, settlement, isRepeated);
  const { job, server, readHead } = closed;
  yield* recordCalls(jobId, settlement.calls ?? []);
  const ending = { server, job, settlement };
  const machines = yield* applyOutcome(ending);
  const also = yield* followUp(context, ending, yield* recordEnd(context, { job, settlement, machines }));
  const head = readHead ? yield* readHead() : yield* lineHead(job.line);
  const next = yield* releaseHead(context, head, now);
  const state = closedStates[outcome.end];
  return { end: 'settled', state, job, released: [...also, ...(next ? [next] : [])] };
}

/**
 * Closes the job with its lines locked. null: it is not released, or does not exist. `readHead`: the head of its line
 * behind it; null: it is not known yet.
 */
function* closeLocked({ jobId, outcome, attempts, now }: Settlement) {
  const readJob = yield* askAhead(jobById, { id: jobId }, firstOf);
  const readServer = yield* askLines(jobId);
  const error = 'error' in outcome ? outcome.error : null;
  const parked = outcome.end === 'failed' && outcome.parked === true;
  const changes = { state: closedStates[outcome.end], error, attempts, parked, finishedAt: now };
  const readClosed = yield* askAhead(closeReleased, { id: jobId, ...changes }, firstOf);
  // Other ends may change the line.
  const readHead = outcome.end === 'made' ? yield* askHeadBehind(jobId) : null;
  const closed = yield* readClosed();
  const job = yield* readJob();
  return closed && job ? { job, server: yield* readServer(), readHead } : null;
}

/** Whether an earlier try of this settlement closed the job. */
function isOwn(job: SettledJob, { outcome, attempts, now }: Settlement): boolean {
  const sameTime = job.finishedAt?.getTime() === now.getTime();
  return sameTime && job.state === closedStates[outcome.end] && job.attempts === attempts;
}

/** The end of the earlier try that closed the job. Throws FencedError if there was none. */
function* settledBefore({ db, t }: Context, settlement: Settlement, isRepeated: boolean): Steps<Settled> {
  const { jobId, outcome, now } = settlement;
  // Behind the lock of the lines, so that the earlier try has ended.
  const [job] = yield* askHot(jobById, { id: jobId });
  if (!job) throw new FencedError(`There is no job ${jobId}.`);
  if (!isRepeated || !isOwn(job, settlement)) throw new FencedError(`Job ${jobId} was settled before.`);
  const isReleased = and(eq(t.jobs.serverId, job.serverId), eq(unindexed(t.jobs.state), 'released'));
  const released = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(isReleased, eq(t.jobs.releasedAt, now))),
  );
  return { end: 'settled', state: closedStates[outcome.end], job, released };
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
