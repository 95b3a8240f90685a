import { JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import { allows, isOpen, type JobKind, type JobState, jobTraits } from '#db/model.ts';
import { and, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { cancelWaiting } from './cancel.ts';
import { recordEvent } from './history.ts';
import { addJob, lockServer, type NewJob, releaseHead } from './line.ts';

/** The caller of a command, and the time of the call. */
export interface Actor {
  readonly requestedBy: string;
  readonly requestId: string | null;
  readonly now: Date;
}

/** The server, and the job that the command added or found. */
export interface Recorded {
  readonly server: Server;
  readonly job: Job;
}

export interface CommandResult extends Recorded {
  /** The machine that serves now; null: none. */
  readonly machine: Machine | null;
}

/** Adds the machine that serves now to the result of a command. */
export function* withMachine({ db, t }: Context, command: Steps<Recorded>): Steps<CommandResult> {
  const recorded = yield* command;
  const [machine] = yield* ask(
    db
      .select()
      .from(t.machines)
      .where(eq(t.machines.id, recorded.server.machineId ?? '')),
  );
  return { ...recorded, machine: machine ?? null };
}

export interface Rebuild {
  readonly serverId: string;
  /** null: the present location of the server. */
  readonly location: string | null;
}

/** Adds a job that gives the server a new machine. Throws NotFoundError, NotAllowedError. */
export function* recordRebuild(context: Context, { serverId, location }: Rebuild, actor: Actor): Steps<Recorded> {
  const server = yield* lockServer(context, serverId);
  yield* assertAllowed(context, server, 'rebuild');
  return yield* request(context, server, { kind: 'rebuild', location, actor });
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
  yield* cancelWaiting(context, server, { error: 'The server is to be destroyed.', now: actor.now });
  return yield* request(context, server, { kind: 'destroy', actor });
}

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
  if (traits.about === 'server') return yield* recordDestroy(context, server.id, actor);
  const { kind, line, location } = failed;
  const machineId = traits.line === 'machine' ? failed.machineId : null;
  return yield* request(context, server, { kind, line, location, machineId, retryOf: jobId, actor });
}

/** Cancels a rebuild that has not started. Throws NotFoundError, JobStateError. */
export function* recordCancel(context: Context, jobId: string, actor: Actor): Steps<Recorded> {
  const { db, t } = context;
  const server = yield* lockServer(context, (yield* jobOf(context, jobId)).serverId);
  const job = yield* jobOf(context, jobId);
  if (!jobTraits[job.kind].isCancellable || job.state !== 'waiting') throw new JobStateError(whyNotCancelled(job));
  const changes = { state: 'cancelled', error: `Cancelled by ${actor.requestedBy}.`, finishedAt: actor.now } as const;
  yield* ask(db.update(t.jobs).set(changes).where(eq(t.jobs.id, jobId)));
  const detail = { kind: job.kind, by: actor.requestedBy };
  yield* recordEvent(context, { serverId: server.id, jobId, event: 'cancelled', detail, at: actor.now });
  return { server, job: { ...job, ...changes } };
}

function whyNotCancelled(job: Job): string {
  const done = isOpen(job.state) ? '' : ' already';
  return `Job ${job.id} (${job.kind}) is${done} ${shownState(job.state)}; only a waiting rebuild can be cancelled. To remove the server, call DELETE /v1/servers/${job.serverId}.`;
}

/** People see a released job as queued or running; only the queue can say which. */
function shownState(state: JobState): string {
  return state === 'released' ? 'queued or running' : state;
}

/** While a destroy waits behind the running job, the server allows only the commands of the status destroying. */
function* assertAllowed(context: Context, server: Server, kind: JobKind): Steps<void> {
  const willBeDestroyed = kind !== 'destroy' && server.status !== 'destroyed' && (yield* destroyOf(context, server));
  const status = willBeDestroyed ? 'destroying' : server.status;
  if (!allows(status, kind)) throw new NotAllowedError({ id: server.id, status }, kind);
}

function* request(
  context: Context,
  server: Server,
  { actor: { requestedBy, requestId, now }, ...wanted }: Omit<NewJob, keyof Actor | 'createdAt'> & { actor: Actor },
): Steps<Recorded> {
  const job = yield* addJob(context, server, { ...wanted, requestedBy, requestId, createdAt: now });
  const detail = { kind: job.kind, by: requestedBy, ...(job.location && { location: job.location }) };
  yield* recordEvent(context, { serverId: server.id, jobId: job.id, event: 'requested', detail, at: now });
  const released = yield* releaseHead(context, { line: job.line, now });
  const [after] = yield* ask(context.db.select().from(context.t.servers).where(eq(context.t.servers.id, server.id)));
  return { server: after ?? server, job: released ?? job };
}

function* jobOf({ db, t }: Context, jobId: string): Steps<Job> {
  const [job] = yield* ask(db.select().from(t.jobs).where(eq(t.jobs.id, jobId)));
  if (!job) throw new NotFoundError('job', jobId);
  return job;
}

function* openRetryOf({ db, t }: Context, jobId: string): Steps<Job | undefined> {
  const open = inArray(t.jobs.state, ['waiting', 'released']);
  const [job] = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(eq(t.jobs.retryOf, jobId), open)),
  );
  return job;
}

/** The open destroy of the server; for a destroyed server, the destroy that succeeded. */
function* destroyOf({ db, t }: Context, server: Server): Steps<Job | undefined> {
  const states = server.status === 'destroyed' ? (['succeeded'] as const) : (['waiting', 'released'] as const);
  const [job] = yield* ask(
    db
      .select()
      .from(t.jobs)
      .where(and(eq(t.jobs.serverId, server.id), eq(t.jobs.kind, 'destroy'), inArray(t.jobs.state, [...states]))),
  );
  return job;
}

function* assertRetirable({ db, t }: Context, failed: Job): Steps<void> {
  const [machine] = yield* ask(
    db
      .select()
      .from(t.machines)
      .where(eq(t.machines.id, failed.machineId ?? '')),
  );
  if (machine?.state === 'replaced' || machine?.state === 'abandoned') return;
  throw new JobStateError(
    `Machine ${failed.machineId} is ${machine?.state ?? 'unknown'}; there is nothing left to retire.`,
  );
}
