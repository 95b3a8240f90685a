import { JobStateError, NotFoundError } from '#db/errors.ts';
import { jobTraits } from '#db/job-traits.ts';
import { unindexed } from '#db/literal.ts';
import { isOpen, type JobKind, type JobState } from '#db/model.ts';
import { and, eq, inArray, sql } from '#db/orm.ts';
import { readJob } from '#db/reads/jobs.ts';
import { askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { cancelInFront } from './cancel.ts';
import { lockServer } from './line.ts';
import {
  type Actor,
  addRequested,
  askToStop,
  assertAllowed,
  cancelOne,
  type Recorded,
  release,
  request,
} from './request.ts';
import { recordResume, recordSuspend } from './suspension.ts';

export interface CommandResult extends Recorded {
  /** The machine that serves now; null: none. */
  readonly machine: Machine | null;
}

const machineById = hot('machine_of_command', ({ db, t: { machines } }) =>
  db
    .select()
    .from(machines)
    .where(eq(machines.id, sql.placeholder('id'))),
);

/** Adds the machine that serves now to the result of a command. */
export function* withMachine(_: Context, command: Steps<Recorded>): Steps<CommandResult> {
  const recorded = yield* command;
  const { machineId } = recorded.server;
  const [machine] = machineId === null ? [] : yield* askHot(machineById, { id: machineId });
  return { ...recorded, machine: machine ?? null };
}

export interface Rebuild {
  readonly serverId: string;
  /** null: the present location of the server. */
  readonly location: string | null;
  /** Not given or null: the present plan of the server. */
  readonly plan?: string | null;
}

/** Adds a job that gives the server a new machine. Throws NotFoundError, NotAllowedError. */
export function* recordRebuild(context: Context, rebuild: Rebuild, actor: Actor): Steps<Recorded> {
  const { serverId, location, plan = null } = rebuild;
  const server = yield* lockServer(context, serverId);
  yield* assertAllowed(context, server, 'rebuild');
  return yield* request(context, server, { kind: 'rebuild', location, plan, actor });
}

/**
 * Adds a job that removes the server with all of its machines; allowed in every status. Waiting jobs are cancelled, and
 * a running job stops at its next checkpoint. A second call returns the destroy that is open or done. Throws
 * NotFoundError.
 */
export function* recordDestroy(context: Context, serverId: string, actor: Actor): Steps<Recorded> {
  const server = yield* lockServer(context, serverId);
  const earlier = yield* destroyOf(context, server);
  if (earlier) return { server, job: earlier };
  const job = yield* addRequested(context, server, { kind: 'destroy', actor });
  yield* cancelInFront(context, job, { error: 'The server is to be destroyed.', now: actor.now, cause: job.cause });
  return yield* release(context, server, job);
}

type Retry = (context: Context, failed: Job, actor: Actor) => Steps<Recorded>;

/** These kinds are repeated by their own commands, which return an open job of the kind. */
const ownRetries: Partial<Record<JobKind, Retry>> = {
  destroy: (context, { serverId }, actor) => recordDestroy(context, serverId, actor),
  suspend: (context, { id: retryOf, serverId, reason }, actor) =>
    recordSuspend(context, { serverId, reason, retryOf }, actor),
  resume: (context, { id: retryOf, serverId }, actor) => recordResume(context, { serverId, retryOf }, actor),
};

/**
 * Adds a job like the failed one at the end of its line. A second call returns the retry that is still open.
 * Throws NotFoundError, JobStateError, NotAllowedError.
 */
export function* recordRetry(context: Context, jobId: string, actor: Actor): Steps<Recorded> {
  const failed = yield* jobOf(context, jobId);
  const server = yield* lockServer(context, failed.serverId);
  if (failed.state !== 'failed') {
    throw new JobStateError(`Job ${jobId} is ${shownState(failed.state)}; only a failed job can be retried.`);
  }
  const open = yield* openRetryOf(context, jobId);
  if (open) return { server, job: open };
  const traits = jobTraits[failed.kind];
  if (traits.line === 'machine') yield* assertRetirable(context, failed);
  else yield* assertAllowed(context, server, failed.kind);
  const retry = ownRetries[failed.kind];
  if (retry) return yield* retry(context, failed, actor);
  const { kind, line, location, plan } = failed;
  const machineId = traits.line === 'machine' ? failed.machineId : null;
  return yield* request(context, server, { kind, line, location, plan, machineId, retryOf: jobId, actor });
}

export interface Cancel {
  readonly jobId: string;
  /** As far as the queue knows, the job is pointing the server's name at its machine. */
  readonly isPastSwitch: boolean;
}

/**
 * Cancels a rebuild that waits. One that may run is asked to stop: its run removes the new machine and ends it as
 * cancelled, or goes on if the server's name points at the new machine. A second call changes nothing. Throws
 * NotFoundError, JobStateError.
 */
export function* recordCancel(context: Context, { jobId, isPastSwitch }: Cancel, actor: Actor): Steps<Recorded> {
  const server = yield* lockServer(context, (yield* jobOf(context, jobId)).serverId);
  const job = yield* jobOf(context, jobId);
  if (!jobTraits[job.kind].isCancellable || !isOpen(job.state)) throw new JobStateError(whyNotCancelled(job));
  if (job.state === 'waiting') return { server, job: (yield* cancelOne(context, job, actor)).job };
  if (job.cancelCause !== null) return { server, job };
  if (isPastSwitch)
    throw new JobStateError(`Job ${job.id} is past the switch: ${server.hostname} is moving to the new machine.`);
  return { server, job: yield* askToStop(context, job, actor) };
}

function whyNotCancelled(job: Job): string {
  const done = isOpen(job.state) ? '' : ' already';
  return `Job ${job.id} (${job.kind}) is${done} ${shownState(job.state)}; only an open rebuild can be cancelled. To remove the server, call DELETE /v1/servers/${job.serverId}.`;
}

/** People see a released job as queued or running; only the queue can say which. */
function shownState(state: JobState): string {
  return state === 'released' ? 'queued or running' : state;
}

function* jobOf(context: Context, jobId: string): Steps<Job> {
  const job = yield* readJob(context, jobId);
  if (!job) throw new NotFoundError('job', jobId);
  return job;
}

const openRetry = hot('open_retry', ({ db, t: { jobs } }) =>
  db
    .select()
    .from(jobs)
    .where(and(eq(jobs.retryOf, sql.placeholder('id')), inArray(unindexed(jobs.state), ['waiting', 'released']))),
);

function* openRetryOf(_: Context, jobId: string): Steps<Job | undefined> {
  const [job] = yield* askHot(openRetry, { id: jobId });
  return job;
}

const destroyIn = (name: string, states: readonly JobState[]) =>
  hot(name, ({ db, t: { jobs } }) =>
    db
      .select()
      .from(jobs)
      .where(
        and(
          eq(jobs.serverId, sql.placeholder('serverId')),
          eq(unindexed(jobs.kind), 'destroy'),
          inArray(unindexed(jobs.state), [...states]),
        ),
      ),
  );

const openDestroy = destroyIn('open_destroy', ['waiting', 'released']);
const doneDestroy = destroyIn('done_destroy', ['succeeded']);

/** The open destroy of the server; for a destroyed server, the destroy that succeeded. */
function* destroyOf(_: Context, { id: serverId, status }: Server): Steps<Job | undefined> {
  const [job] = yield* askHot(status === 'destroyed' ? doneDestroy : openDestroy, { serverId });
  return job;
}

function* assertRetirable(_: Context, failed: Job): Steps<void> {
  const [machine] = yield* askHot(machineById, { id: failed.machineId ?? '' });
  if (machine?.state === 'replaced' || machine?.state === 'abandoned') return;
  throw new JobStateError(
    `Machine ${failed.machineId} is ${machine?.state ?? 'unknown'}; there is nothing left to retire.`,
  );
}
