import { jobTraits } from '#db/job-traits.ts';
import { unindexed } from '#db/literal.ts';
import { and, asc, desc, eq, inArray } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Server } from '#db/tables.ts';
import { cancelWaiting } from './cancel.ts';
import { lockServer } from './line.ts';
import { type Actor, assertAllowed, cancelOne, type Recorded, request } from './request.ts';

export interface Suspension {
  readonly serverId: string;
  /** For people. The events keep it for ever. */
  readonly reason: string | null;
  /** The failed suspension that this one repeats. */
  readonly retryOf?: string | null;
}

/**
 * Adds a job that removes the machines of the server and keeps its name and keys. A second call returns the suspension
 * that is open or done. A resume that waits is cancelled instead, as the server is being suspended in front of it.
 * After a resume that failed, a new suspension ends the customer's claim. A person's suspension is added also where
 * payments have suspended the server, so that a payment does not resume it. Throws NotFoundError, NotAllowedError.
 */
export function* recordSuspend(context: Context, suspension: Suspension, actor: Actor): Steps<Recorded> {
  const { serverId, reason, retryOf = null } = suspension;
  return yield* change(context, serverId, { kind: 'suspend', opposite: 'resume', reason, retryOf, actor });
}

export interface Resumption {
  readonly serverId: string;
  /** The failed resume that this one repeats. */
  readonly retryOf?: string | null;
}

/**
 * Adds a job that makes a machine for a suspended server. A second call returns the open resume. A suspension that waits
 * is cancelled instead, and nothing changes for the server. Throws NotFoundError, NotAllowedError.
 */
export function* recordResume(context: Context, resumption: Resumption, actor: Actor): Steps<Recorded> {
  const { serverId, retryOf = null } = resumption;
  return yield* change(context, serverId, { kind: 'resume', opposite: 'suspend', reason: null, retryOf, actor });
}

interface Change extends Pick<Job, 'reason' | 'retryOf'> {
  readonly kind: 'suspend' | 'resume';
  readonly opposite: Change['kind'];
  readonly actor: Actor;
}

/** Of the two kinds, a line has one open job, or one that waits behind the other; and suspensions of payments in front. */
function* change(context: Context, serverId: string, { opposite, ...wanted }: Change): Steps<Recorded> {
  const server = yield* lockServer(context, serverId);
  yield* assertAllowed(context, server, wanted.kind);
  const open = yield* openJobs(context, server, [wanted.kind, opposite]);
  const found = open.findLast(({ kind }) => kind === wanted.kind) ?? (yield* lastDone(context, server, wanted.kind));
  const undone: Job[] = [];
  for (const job of open.filter(({ kind, state }) => kind === opposite && state === 'waiting'))
    undone.push(yield* undo(context, job, wanted.actor));
  const isRunning = open.some(({ kind, state }) => kind === opposite && state === 'released');
  const same = found && !standsFor(found, wanted) ? undefined : found;
  const job = same ?? (found || isRunning ? undefined : undone[0]);
  return job ? { server, job } : yield* request(context, server, wanted);
}

/** Whether the job does all that is wanted. Only a person resumes what a person has suspended. */
function standsFor({ requestedBy }: Job, { kind, actor }: Omit<Change, 'opposite'>): boolean {
  return jobTraits[kind].makesMachine || requestedBy !== 'stripe' || actor.requestedBy === 'stripe';
}

/** Cancels the job, and those behind it that need the machine that it would have made. */
function* undo(context: Context, waiting: Job, actor: Actor): Steps<Job> {
  const { job, event } = yield* cancelOne(context, waiting, actor);
  const error = `The ${job.kind} job before this job was cancelled.`;
  if (jobTraits[job.kind].makesMachine)
    yield* cancelWaiting(context, { id: job.serverId }, { error, cause: event, now: actor.now });
  return job;
}

/** The job that brought the server into the wanted status, if it still has it: the last of its line that succeeded. */
function* lastDone({ db, t: { jobs } }: Context, server: Server, kind: Change['kind']): Steps<Job | undefined> {
  if (server.status !== jobTraits[kind].statusWhenSucceeded || server.owedSince !== null) return undefined;
  const done = and(eq(jobs.line, server.id), eq(unindexed(jobs.state), 'succeeded'));
  const [last] = yield* ask(db.select().from(jobs).where(done).orderBy(desc(jobs.position)).limit(1));
  return last;
}

/** In the order of the line. */
function* openJobs({ db, t: { jobs } }: Context, server: Server, kinds: Change['kind'][]): Steps<Job[]> {
  const ofLine = and(eq(jobs.line, server.id), inArray(unindexed(jobs.state), ['waiting', 'released']));
  return yield* ask(
    db
      .select()
      .from(jobs)
      .where(and(ofLine, inArray(unindexed(jobs.kind), kinds)))
      .orderBy(asc(jobs.position)),
  );
}
