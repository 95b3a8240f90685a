import { NotAllowedError } from '#db/errors.ts';
import { type ActorName, shownActor } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import { jobTraits } from '#db/job-traits.ts';
import { unindexed } from '#db/literal.ts';
import { allows, type JobKind, type ServerStatus } from '#db/model.ts';
import { and, desc, eq, inArray, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import type { Job, Server } from '#db/tables.ts';
import { recordEvent, recordTurn } from './events.ts';
import { addJob, type NewJob } from './line.ts';
import { lineHead, releaseHead, serverById } from './release.ts';

/** The caller of a command, and the time of the call. */
export interface Actor {
  readonly requestedBy: ActorName;
  readonly requestId: string | null;
  readonly now: Date;
  /** The uid of the event without which there would be no command. */
  readonly cause?: string | null;
}

/** The server, and the job that the command added or found. */
export interface Recorded {
  readonly server: Server;
  readonly job: Job;
  /** The subscription that goes on paying for a server that a person destroys; null or not given: none does. */
  readonly billedBy?: string | null;
}

/**
 * Throws NotAllowedError unless the server allows the command. It is judged by the status ahead: behind a waiting destroy
 * nothing but a destroy is allowed.
 */
export function* assertAllowed(context: Context, server: Server, kind: JobKind): Steps<void> {
  const status = yield* statusAhead(context, server);
  if (!allows(status, kind)) throw new NotAllowedError({ id: server.id, status }, kind);
}

const lastOfLine = hot('last_of_line', ({ db, t: { jobs } }) =>
  db
    .select({ kind: jobs.kind })
    .from(jobs)
    .where(and(eq(jobs.line, sql.placeholder('line')), inArray(unindexed(jobs.state), ['waiting', 'released'])))
    .orderBy(desc(jobs.position))
    .limit(1),
);

/** The status that the server will have when its last open job runs; without one, its present status. */
export function* statusAhead(_: Context, server: Server): Steps<ServerStatus> {
  const [last] = yield* askHot(lastOfLine, { line: server.id });
  return (last && jobTraits[last.kind].statusWhenReleased) ?? server.status;
}

export type Wanted = Omit<NewJob, keyof Actor | 'createdAt' | 'cause'> & { readonly actor: Actor };

/** Adds a job at the end of its line, and releases it if no other is in front. */
export function* request(context: Context, server: Server, wanted: Wanted): Steps<Recorded> {
  return yield* release(context, server, yield* addRequested(context, server, wanted));
}

/** Adds the job, and the event of the command as its cause. */
export function* addRequested(
  context: Context,
  server: Server,
  { actor, ...wanted }: Wanted,
): Steps<Job & { readonly cause: string }> {
  const { requestedBy, requestId, now, cause: because = null } = actor;
  const cause = newId('evt', now);
  const job = yield* addJob(context, server, { ...wanted, requestedBy, requestId, createdAt: now, cause });
  const { location, plan, reason, retryOf } = job;
  const detail = {
    by: shownActor(requestedBy),
    ...(location && { location }),
    ...(plan && { plan }),
    ...(reason && { reason }),
    ...(retryOf && { retryOf }),
  };
  yield* recordTurn(context, { uid: cause, turn: 'requested', job, ...causedBy(actor), cause: because, detail });
  return { ...job, cause };
}

/** Releases the job, unless another one of its line is in front. Returns the server as it is afterwards. */
export function* release(context: Context, server: Server, job: Job): Steps<Recorded> {
  const released = yield* releaseHead(context, yield* lineHead(job.line), job.createdAt);
  const [after] = yield* askHot(serverById, { id: server.id });
  return { server: after ?? server, job: released ?? job };
}

export interface Cancelled {
  /** The job as it is afterwards. */
  readonly job: Job;
  /** The uid of the event. */
  readonly event: string;
}

/** Cancels a waiting job because the actor asked for it. */
export function* cancelOne(context: Context, job: Job, actor: Actor): Steps<Cancelled> {
  const { db, t } = context;
  const by = shownActor(actor.requestedBy);
  const changes = { state: 'cancelled', error: `Cancelled by ${by}.`, finishedAt: actor.now } as const;
  yield* ask(db.update(t.jobs).set(changes).where(eq(t.jobs.id, job.id)));
  const turn = { turn: 'cancelled', job, ...causedBy(actor), cause: job.cause, detail: { by } } as const;
  return { job: { ...job, ...changes }, event: yield* recordTurn(context, turn) };
}

/** Asks the run of a released job to stop at its next checkpoint. Returns the job as it is afterwards. */
export function* askToStop(context: Context, job: Job, actor: Actor): Steps<Job> {
  const { db, t } = context;
  const { id: jobId, serverId, kind } = job;
  const detail = { kind, by: shownActor(actor.requestedBy) };
  const about = { ...causedBy(actor), jobId, serverId, cause: job.cause, detail };
  const cancelCause = yield* recordEvent(context, { type: 'server.cancel_requested', ...about });
  yield* ask(db.update(t.jobs).set({ cancelCause }).where(eq(t.jobs.id, jobId)));
  return { ...job, cancelCause };
}

/** The fields of an event that say who asked for it, in which call and when. */
export function causedBy({ requestedBy, requestId, now }: Omit<Actor, 'cause'>) {
  return { actor: requestedBy, requestId, at: now };
}
