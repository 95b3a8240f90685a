import { JobStateError, NotAllowedError, NotFoundError } from '#db/errors.ts';
import { type ActorName, shownActor } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import { allows, isOpen, type JobKind, jobTraits } from '#db/model.ts';
import { and, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { cancelWaiting } from './cancel.ts';
import { recordTurn } from './events.ts';
import { addJob, lockServer, type NewJob, releaseHead } from './line.ts';

/** The caller of a command, and the time of the call. */
export interface Actor {
  readonly requestedBy: ActorName;
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
  const job = yield* addRequested(context, server, { kind: 'destroy', actor });
  yield* cancelWaiting(context, server, { error: 'The server is to be destroyed.', now: actor.now, cause: job.cause });
  return yield* release(context, server, job);
}

/**
 * Adds a job like the failed one at the end of its line. A second call returns the retry that is still open.
 * Throws NotFoundError, JobStateError, NotAllowedError.
 */
export function* recordRetry(context: Context, jobId: string, actor: Actor): Steps<Recorded> {
  const failed = yield* jobOf(context, jobId);
  const server = yield* lockServer(context, failed.serverId);
  if (failed.state !== 'failed') {
    throw new JobStateError(`Job ${jobId} is ${failed.state}; only a failed job can be retried.`);
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
  const by = shownActor(actor.requestedBy);
  const changes = { state: 'cancelled', error: `Cancelled by ${by}.`, finishedAt: actor.now } as const;
  yield* ask(db.update(t.jobs).set(changes).where(eq(t.jobs.id, jobId)));
  yield* recordTurn(context, { turn: 'cancelled', job, ...eventOf(actor), cause: job.cause, detail: { by } });
  return { server, job: { ...job, ...changes } };
}

function whyNotCancelled(job: Job): string {
  const done = isOpen(job.state) ? '' : ' already';
  return `Job ${job.id} (${job.kind}) is${done} ${job.state}; only a waiting rebuild can be cancelled. To remove the server, call DELETE /v1/servers/${job.serverId}.`;
}

/** While a destroy waits behind the running job, the server allows only the commands of the status destroying. */
function* assertAllowed(context: Context, server: Server, kind: JobKind): Steps<void> {
  const willBeDestroyed = kind !== 'destroy' && server.status !== 'destroyed' && (yield* destroyOf(context, server));
  const status = willBeDestroyed ? 'destroying' : server.status;
  if (!allows(status, kind)) throw new NotAllowedError({ id: server.id, status }, kind);
}

type Wanted = Omit<NewJob, keyof Actor | 'createdAt' | 'cause'> & { readonly actor: Actor };

function* request(context: Context, server: Server, wanted: Wanted): Steps<Recorded> {
  return yield* release(context, server, yield* addRequested(context, server, wanted));
}

/** Adds the job, and the event of the command as its cause. */
function* addRequested(
  context: Context,
  server: Server,
  { actor, ...wanted }: Wanted,
): Steps<Job & { readonly cause: string }> {
  const { requestedBy, requestId, now } = actor;
  const cause = newId('evt', now);
  const job = yield* addJob(context, server, { ...wanted, requestedBy, requestId, createdAt: now, cause });
  const { location, retryOf } = job;
  const detail = { by: shownActor(requestedBy), ...(location && { location }), ...(retryOf && { retryOf }) };
  yield* recordTurn(context, { uid: cause, turn: 'requested', job, ...eventOf(actor), cause: null, detail });
  return { ...job, cause };
}

function eventOf({ requestedBy, requestId, now }: Actor) {
  return { actor: requestedBy, requestId, at: now };
}

/** Releases the job, unless another one of its line is in front. Returns the server as it is afterwards. */
function* release(context: Context, server: Server, job: Job): Steps<Recorded> {
  const { db, t } = context;
  const released = yield* releaseHead(context, { line: job.line, now: job.createdAt });
  const [after] = yield* ask(db.select().from(t.servers).where(eq(t.servers.id, server.id)));
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
