import type { ClosedJobState, ConfirmedMachine, MachineState, Outcome } from '../model.ts';
import { and, eq, ne, sql } from '../orm.ts';
import { ask, askHot, type Context, given, hot, type Steps } from '../steps.ts';
import type { Job, Server } from '../tables.ts';
import { cancelRetires, cancelWaiting } from './cancel.ts';
import { tell } from './history.ts';
import { addJob, lockServer, releaseHead } from './line.ts';

export interface Settlement {
  readonly jobId: string;
  readonly outcome: Outcome;
  /** Failed attempts before this one, plus this one. */
  readonly attempts: number;
  /** How long a replaced machine goes on serving. */
  readonly graceSeconds: number;
  readonly now: Date;
}

export type Settled =
  | { readonly end: 'fenced' }
  | {
      readonly end: 'settled';
      readonly state: ClosedJobState;
      /** The job as it was before. */
      readonly job: Job;
      readonly released: readonly Job[];
    };

/** The job was closed before; thrown inside the transaction so that it rolls back. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

const jobById = hot('settle_job', ({ db, t }) =>
  db
    .select()
    .from(t.jobs)
    .where(eq(t.jobs.id, sql.placeholder('id'))),
);

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
    .returning(),
);

const closedStates = {
  made: 'succeeded',
  removed: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<Outcome['end'], ClosedJobState>;

/**
 * The one transaction of a job: closes it, records what became of the server and its machines, and releases what is next.
 * Throws FencedError if the job is not released (any more), or not known. `isRepeated`: the answer to an earlier try of the
 * same settlement was lost, and perhaps only the answer.
 */
export function* settle(context: Context, settlement: Settlement, isRepeated = false): Steps<Settled> {
  const [job] = yield* askHot(jobById, { id: settlement.jobId });
  if (!job) throw new FencedError(`There is no job ${settlement.jobId}.`);
  if (isRepeated && isOwn(job, settlement)) return yield* settledBefore(context, job, settlement);
  const server = yield* lockServer(context, job.serverId);
  yield* close(settlement);
  const also = yield* applyOutcome(context, { server, job, settlement });
  yield* tellEnd(context, job, settlement);
  const next = yield* releaseHead(context, yield* readServer(context, server), job.line, settlement.now);
  const state = closedStates[settlement.outcome.end];
  return { end: 'settled', state, job, released: [...also, ...(next ? [next] : [])] };
}

/** Closed by an earlier try of this very settlement. */
function isOwn(job: Job, { outcome, attempts, now }: Settlement): boolean {
  const sameTime = job.finishedAt?.getTime() === now.getTime();
  return sameTime && job.state === closedStates[outcome.end] && job.attempts === attempts;
}

function* settledBefore({ db, t }: Context, job: Job, { outcome, now }: Settlement): Steps<Settled> {
  const byIt = and(eq(t.jobs.serverId, job.serverId), eq(t.jobs.state, 'released'), eq(t.jobs.releasedAt, now));
  const released = yield* ask(db.select().from(t.jobs).where(byIt));
  return { end: 'settled', state: closedStates[outcome.end], job, released };
}

function* close({ jobId, outcome, attempts, now }: Settlement): Steps<void> {
  const error = 'error' in outcome ? outcome.error : null;
  const parked = outcome.end === 'failed' && outcome.parked === true;
  const state = closedStates[outcome.end];
  const [closed] = yield* askHot(closeReleased, { id: jobId, state, error, attempts, parked, finishedAt: now });
  if (!closed) throw new FencedError(`Job ${jobId} was settled before.`);
}

function* tellEnd(context: Context, job: Job, { outcome, attempts, now }: Settlement): Steps<void> {
  const detail = { kind: job.kind, attempts, ...('error' in outcome && { error: outcome.error }) };
  yield* tell(context, { serverId: job.serverId, jobId: job.id, event: closedStates[outcome.end], detail, at: now });
}

function* readServer({ db, t }: Context, server: Server): Steps<Server> {
  const [row] = yield* ask(db.select().from(t.servers).where(eq(t.servers.id, server.id)));
  return row ?? server;
}

interface Ending {
  readonly server: Server;
  readonly job: Job;
  readonly settlement: Settlement;
}

/** Returns the jobs that it released besides the line's next head. */
function* applyOutcome(context: Context, ending: Ending): Steps<Job[]> {
  const { outcome } = ending.settlement;
  switch (outcome.end) {
    case 'made':
      return yield* putIntoService(context, ending, outcome.machine);
    case 'removed':
      yield* ending.job.kind === 'retire' ? markGone(context, ending) : closeServer(context, ending);
      return [];
    case 'failed':
      yield* applyFailure(context, ending, outcome);
      return [];
    case 'cancelled':
      // The destroy that waits behind finds the planned machine and removes it.
      return [];
  }
}

/** The new machine serves from now on; the one before it, if any, is retired after the grace. */
function* putIntoService(
  context: Context,
  { server, job, settlement }: Ending,
  machine: ConfirmedMachine,
): Steps<Job[]> {
  const { db, t } = context;
  const { now, graceSeconds } = settlement;
  const retireAt = new Date(now.getTime() + graceSeconds * 1000);
  if (server.machineId) {
    yield* ask(
      db
        .update(t.machines)
        .set({ state: 'replaced', removableAt: retireAt })
        .where(eq(t.machines.id, server.machineId)),
    );
  }
  const [current] = yield* ask(
    db
      .update(t.machines)
      .set({ ...machine, state: 'current' })
      .where(eq(t.machines.id, job.machineId ?? ''))
      .returning(),
  );
  const location = current?.location ?? server.location;
  const changes = { status: 'running' as const, machineId: job.machineId, location, updatedAt: now };
  yield* ask(db.update(t.servers).set(changes).where(eq(t.servers.id, server.id)));
  return server.machineId ? yield* retireLater(context, server, server.machineId, { now, retireAt }) : [];
}

function* retireLater(
  context: Context,
  server: Server,
  machineId: string,
  { now, retireAt }: { now: Date; retireAt: Date },
): Steps<Job[]> {
  const wanted = {
    kind: 'retire',
    line: machineId,
    machineId,
    dueAt: retireAt,
    requestedBy: 'rebuild',
    requestId: null,
  } as const;
  yield* addJob(context, server, wanted, now);
  const released = yield* releaseHead(context, server, machineId, now);
  return released ? [released] : [];
}

function* markGone({ db, t }: Context, { job, settlement }: Ending): Steps<void> {
  yield* ask(
    db
      .update(t.machines)
      .set({ state: 'gone', goneAt: settlement.now })
      .where(eq(t.machines.id, job.machineId ?? '')),
  );
}

/** Every machine of the server is verified gone: so are the reasons for its retire jobs, and the need for its keys. */
function* closeServer(context: Context, { server, settlement: { now } }: Ending): Steps<void> {
  const { db, t } = context;
  const itsMachines = and(eq(t.machines.serverId, server.id), ne(t.machines.state, 'gone'));
  yield* ask(db.update(t.machines).set({ state: 'gone', goneAt: now }).where(itsMachines));
  yield* cancelRetires(context, server, 'The server was destroyed, and this machine with it.', now);
  yield* ask(db.delete(t.vpnKeys).where(eq(t.vpnKeys.serverId, server.id)));
  yield* ask(
    db
      .update(t.servers)
      .set({ status: 'destroyed', machineId: null, updatedAt: now })
      .where(eq(t.servers.id, server.id)),
  );
}

function* applyFailure(context: Context, ending: Ending, outcome: Outcome & { end: 'failed' }): Steps<void> {
  const { server, job, settlement } = ending;
  if (job.kind === 'create' || job.kind === 'rebuild') yield* leaveMachine(context, ending, outcome.leftover);
  if (job.kind === 'create') yield* cancelWaiting(context, server, 'The create before it failed.', settlement.now);
  const status = { create: 'failed', rebuild: 'running', destroy: 'destroying', retire: server.status } as const;
  const { db, t } = context;
  yield* ask(
    db
      .update(t.servers)
      .set({ status: status[job.kind], updatedAt: settlement.now })
      .where(eq(t.servers.id, server.id)),
  );
}

function* leaveMachine(
  { db, t }: Context,
  { job, settlement: { now } }: Ending,
  leftover: 'gone' | 'abandoned',
): Steps<void> {
  const changes: { state: MachineState; goneAt?: Date; removableAt?: Date } =
    leftover === 'gone' ? { state: 'gone', goneAt: now } : { state: 'abandoned', removableAt: now };
  yield* ask(
    db
      .update(t.machines)
      .set(changes)
      .where(eq(t.machines.id, job.machineId ?? '')),
  );
}
