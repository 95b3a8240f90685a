import { type ConfirmedMachine, jobTraits, type MachineState, type Outcome, type Settlement } from '#db/model.ts';
import { and, eq, ne } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { Job, Server } from '#db/tables.ts';
import { cancelRetires, cancelWaiting } from './cancel.ts';
import { addJob, releaseHead } from './line.ts';

/** The end of a job, with its rows as they were before. */
export interface Ending {
  readonly server: Server;
  readonly job: Job;
  readonly settlement: Settlement;
}

/** Changes the server and its machines as the outcome requires. Returns the jobs that it released in other lines. */
export function* applyOutcome(context: Context, ending: Ending): Steps<Job[]> {
  const { outcome } = ending.settlement;
  switch (outcome.end) {
    case 'made':
      return yield* putIntoService(context, ending, outcome.machine);
    case 'removed':
      yield* jobTraits[ending.job.kind].about === 'server' ? closeServer(context, ending) : markGone(context, ending);
      return [];
    case 'failed':
      yield* applyFailure(context, ending, outcome);
      return [];
    case 'cancelled':
      // The destroy behind this job removes the planned machine.
      return [];
  }
}

/** Makes the new machine the current one. The machine before it, if any, is retired after the grace time. */
function* putIntoService(context: Context, ending: Ending, machine: ConfirmedMachine): Steps<Job[]> {
  const { db, t } = context;
  const { server, job, settlement } = ending;
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
  return server.machineId ? yield* retireLater(context, ending, { machineId: server.machineId, retireAt }) : [];
}

function* retireLater(
  context: Context,
  { server, settlement: { now } }: Ending,
  { machineId, retireAt }: { machineId: string; retireAt: Date },
): Steps<Job[]> {
  yield* addJob(context, server, {
    kind: 'retire',
    line: machineId,
    machineId,
    dueAt: retireAt,
    requestedBy: 'rebuild',
    requestId: null,
    createdAt: now,
  });
  const released = yield* releaseHead(context, server, { line: machineId, now });
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

/** Every machine of the server is verified gone, so its retire jobs and its keys are not needed any more. */
function* closeServer(context: Context, { server, settlement: { now } }: Ending): Steps<void> {
  const { db, t } = context;
  const itsMachines = and(eq(t.machines.serverId, server.id), ne(t.machines.state, 'gone'));
  yield* ask(db.update(t.machines).set({ state: 'gone', goneAt: now }).where(itsMachines));
  yield* cancelRetires(context, server, { error: 'The server was destroyed with all of its machines.', now });
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
  const { makesMachine, failureCancelsWaiting, statusWhenFailed } = jobTraits[job.kind];
  if (makesMachine) yield* abandonMachine(context, ending, outcome.leftover);
  const { now } = settlement;
  if (failureCancelsWaiting)
    yield* cancelWaiting(context, server, { error: `The ${job.kind} job before this job failed.`, now });
  const { db, t } = context;
  yield* ask(
    db
      .update(t.servers)
      .set({ status: statusWhenFailed ?? server.status, updatedAt: now })
      .where(eq(t.servers.id, server.id)),
  );
}

function* abandonMachine(
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
