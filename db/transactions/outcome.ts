import { type ConfirmedMachine, jobTraits, type Outcome, type Settlement } from '#db/model.ts';
import { and, eq, ne, type SQL, type SQLiteColumn, sql } from '#db/orm.ts';
import { askHot, type Context, given, hot, hotWrite, type Steps } from '#db/steps.ts';
import type { Job } from '#db/tables.ts';
import { cancelRetires, cancelWaiting } from './cancel.ts';
import { addJob, type LockedServer, releaseHead } from './line.ts';

/** The end of a job, with its rows as they were before. */
export interface Ending {
  readonly server: LockedServer;
  readonly job: Pick<Job, 'kind' | 'machineId'>;
  readonly settlement: Settlement;
}

/** Changes the server and its machines as the outcome requires. Returns the jobs that it released in other lines. */
export function* applyOutcome(context: Context, ending: Ending): Steps<Job[]> {
  const { outcome } = ending.settlement;
  switch (outcome.end) {
    case 'made':
      return yield* putIntoService(context, ending, outcome.machine);
    case 'removed':
      yield* jobTraits[ending.job.kind].about === 'server' ? closeServer(context, ending) : markGone(ending);
      return [];
    case 'failed':
      yield* applyFailure(context, ending, outcome);
      return [];
    case 'cancelled':
      // The destroy behind this job removes the planned machine.
      return [];
  }
}

/**
 * Makes the new machine the current one. Location and plan are the provider's: an adopted machine may differ from the
 * planned one. The machine before it, if any, is retired after the grace time.
 */
function* putIntoService(context: Context, ending: Ending, machine: ConfirmedMachine): Steps<Job[]> {
  const { server, job, settlement } = ending;
  const { now, graceSeconds } = settlement;
  const retireAt = new Date(now.getTime() + graceSeconds * 1000);
  if (server.machineId) yield* askHot(replaceMachine, { id: server.machineId, removableAt: retireAt });
  const found = { location: machine.location ?? null, plan: machine.plan ?? null };
  const [current] = yield* askHot(confirmMachine, { ...machine, ...found, id: job.machineId ?? '' });
  const { location, plan } = current ?? server;
  yield* askHot(serveWith, { id: server.id, machineId: job.machineId, location, plan, updatedAt: now });
  return server.machineId ? yield* retireLater(context, ending, { machineId: server.machineId, retireAt }) : [];
}

const replaceMachine = hotWrite('replace_machine', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'replaced', removableAt: given('removableAt', machines.removableAt) })
    .where(eq(machines.id, sql.placeholder('id'))),
);

const confirmMachine = hot('confirm_machine', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({
      state: 'current',
      account: given('account', machines.account),
      providerId: given('providerId', machines.providerId),
      ipv4: given('ipv4', machines.ipv4),
      ipv6: given('ipv6', machines.ipv6),
      location: givenOrKept('location', machines.location),
      plan: givenOrKept('plan', machines.plan),
    })
    .where(eq(machines.id, sql.placeholder('id')))
    .returning({ location: machines.location, plan: machines.plan }),
);

/** null keeps the column's value. */
function givenOrKept(name: string, column: SQLiteColumn): SQL {
  return sql`coalesce(${given(name, column)}, ${column})`;
}

const serveWith = hotWrite('serve_with', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({
      status: 'running',
      machineId: given('machineId', servers.machineId),
      location: given('location', servers.location),
      plan: given('plan', servers.plan),
      updatedAt: given('updatedAt', servers.updatedAt),
    })
    .where(eq(servers.id, sql.placeholder('id'))),
);

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
  const released = yield* releaseHead(context, { line: machineId, now });
  return released ? [released] : [];
}

const markMachineGone = hotWrite('machine_gone', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'gone', goneAt: given('goneAt', machines.goneAt) })
    .where(eq(machines.id, sql.placeholder('id'))),
);

function* markGone({ job, settlement }: Ending): Steps<void> {
  yield* askHot(markMachineGone, { id: job.machineId ?? '', goneAt: settlement.now });
}

const markAllGone = hotWrite('machines_gone', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'gone', goneAt: given('goneAt', machines.goneAt) })
    .where(and(eq(machines.serverId, sql.placeholder('serverId')), ne(machines.state, 'gone'))),
);

const deleteKeys = hotWrite('delete_keys', ({ db, t }) =>
  db.delete(t.vpnKeys).where(eq(t.vpnKeys.serverId, sql.placeholder('serverId'))),
);

const closeServerRow = hotWrite('close_server', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({ status: 'destroyed', machineId: null, updatedAt: given('updatedAt', servers.updatedAt) })
    .where(eq(servers.id, sql.placeholder('serverId'))),
);

/** Every machine of the server is verified gone, so its retire jobs and its keys are not needed any more. */
function* closeServer(context: Context, { server, settlement: { now } }: Ending): Steps<void> {
  const serverId = server.id;
  yield* askHot(markAllGone, { serverId, goneAt: now });
  yield* cancelRetires(context, server, { error: 'The server was destroyed with all of its machines.', now });
  yield* askHot(deleteKeys, { serverId });
  yield* askHot(closeServerRow, { serverId, updatedAt: now });
}

const setStatus = hotWrite('set_status', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({ status: given('status', servers.status), updatedAt: given('updatedAt', servers.updatedAt) })
    .where(eq(servers.id, sql.placeholder('id'))),
);

function* applyFailure(context: Context, ending: Ending, outcome: Outcome & { end: 'failed' }): Steps<void> {
  const { server, job, settlement } = ending;
  const { makesMachine, failureCancelsWaiting, statusWhenFailed } = jobTraits[job.kind];
  if (makesMachine) yield* abandonMachine(ending, outcome.leftover);
  const { now } = settlement;
  if (failureCancelsWaiting)
    yield* cancelWaiting(context, server, { error: `The ${job.kind} job before this job failed.`, now });
  yield* askHot(setStatus, { id: server.id, status: statusWhenFailed ?? server.status, updatedAt: now });
}

const markAbandoned = hotWrite('abandon_machine', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'abandoned', removableAt: given('removableAt', machines.removableAt) })
    .where(eq(machines.id, sql.placeholder('id'))),
);

function* abandonMachine({ job, settlement: { now } }: Ending, leftover: 'gone' | 'abandoned'): Steps<void> {
  const id = job.machineId ?? '';
  if (leftover === 'gone') yield* askHot(markMachineGone, { id, goneAt: now });
  else yield* askHot(markAbandoned, { id, removableAt: now });
}
