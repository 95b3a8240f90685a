import { type ConfirmedMachine, jobTraits, type Outcome, type Settlement } from '#db/model.ts';
import { and, eq, ne, type SQL, type SQLiteColumn, sql } from '#db/orm.ts';
import { askHot, type Context, given, hot, type Steps } from '#db/steps.ts';
import type { Job, Machine, Tables } from '#db/tables.ts';
import { cancelRetires, cancelWaiting } from './cancel.ts';
import { addJob, type LockedServer, releaseHead } from './line.ts';

/** The end of a job, with its rows as they were before. */
export interface Ending {
  readonly server: LockedServer;
  readonly job: Pick<Job, 'kind' | 'machineId'>;
  readonly settlement: Settlement;
}

/** A machine that a job put into service or removed, as the events show it. */
export type EventMachine = Pick<Machine, 'name' | 'ipv4' | 'ipv6' | 'location'>;

/** Changes the server and its machines as the outcome requires. Returns the machines that came or went. */
export function* applyOutcome(ending: Ending): Steps<readonly EventMachine[]> {
  const { outcome } = ending.settlement;
  switch (outcome.end) {
    case 'made':
      return yield* putIntoService(ending, outcome.machine);
    case 'removed':
      return yield* jobTraits[ending.job.kind].about === 'server' ? closeServer(ending) : markGone(ending);
    case 'failed':
      yield* applyFailure(ending, outcome);
      return [];
    case 'cancelled':
      // The destroy behind this job removes the planned machine.
      return [];
  }
}

/**
 * Adds and cancels the jobs that the end of this job requires; `cause` is the uid of its event. Returns the jobs that it
 * released in other lines.
 */
export function* followUp(context: Context, ending: Ending, cause: string): Steps<Job[]> {
  const { server, job, settlement } = ending;
  const { outcome, now } = settlement;
  const { about, failureCancelsWaiting } = jobTraits[job.kind];
  if (outcome.end === 'made') return yield* retireEarlier(context, ending, cause);
  if (outcome.end === 'removed' && about === 'server')
    yield* cancelRetires(context, server, { error: 'The server was destroyed with all of its machines.', cause, now });
  if (outcome.end === 'failed' && failureCancelsWaiting)
    yield* cancelWaiting(context, server, { error: `The ${job.kind} job before this job failed.`, cause, now });
  return [];
}

/**
 * Makes the new machine the current one. Location and plan are the provider's: an adopted machine may differ from the
 * planned one. The machine before it, if any, is replaced.
 */
function* putIntoService(ending: Ending, machine: ConfirmedMachine): Steps<readonly EventMachine[]> {
  const { server, job, settlement } = ending;
  const { now } = settlement;
  if (server.machineId) yield* askHot(replaceMachine, { id: server.machineId, removableAt: graceEnd(settlement) });
  const found = { location: machine.location ?? null, plan: machine.plan ?? null };
  const [current] = yield* askHot(confirmMachine, { ...machine, ...found, id: job.machineId ?? '' });
  const { location, plan } = current ?? server;
  yield* askHot(serveWith, { id: server.id, machineId: job.machineId, location, plan, updatedAt: now });
  return current ? [eventMachine(current)] : [];
}

function graceEnd({ now, graceSeconds }: Settlement): Date {
  return new Date(now.getTime() + graceSeconds * 1000);
}

function eventMachine({ name, ipv4, ipv6, location }: EventMachine): EventMachine {
  return { name, ipv4, ipv6, location };
}

const replaceMachine = hot('replace_machine', ({ db, t: { machines } }) =>
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
    .returning({ ...shownIn(machines), plan: machines.plan }),
);

function shownIn({ name, ipv4, ipv6, location }: Tables['machines']) {
  return { name, ipv4, ipv6, location };
}

/** null keeps the column's value. */
function givenOrKept(name: string, column: SQLiteColumn): SQL {
  return sql`coalesce(${given(name, column)}, ${column})`;
}

const serveWith = hot('serve_with', ({ db, t: { servers } }) =>
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

/** The machine that the new one replaces is retired after the grace. */
function* retireEarlier(context: Context, { server, settlement }: Ending, cause: string): Steps<Job[]> {
  const { machineId } = server;
  if (!machineId) return [];
  const { now } = settlement;
  yield* addJob(context, server, {
    kind: 'retire',
    line: machineId,
    machineId,
    dueAt: graceEnd(settlement),
    requestedBy: 'policy',
    requestId: null,
    createdAt: now,
    cause,
  });
  const released = yield* releaseHead(context, { line: machineId, now });
  return released ? [released] : [];
}

const markMachineGone = hot('machine_gone', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'gone', goneAt: given('goneAt', machines.goneAt) })
    .where(eq(machines.id, sql.placeholder('id')))
    .returning(shownIn(machines)),
);

function markGone({ job, settlement }: Ending): Steps<readonly EventMachine[]> {
  return askHot(markMachineGone, { id: job.machineId ?? '', goneAt: settlement.now });
}

const markAllGone = hot('machines_gone', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'gone', goneAt: given('goneAt', machines.goneAt) })
    .where(and(eq(machines.serverId, sql.placeholder('serverId')), ne(machines.state, 'gone')))
    .returning(shownIn(machines)),
);

const deleteKeys = hot('delete_keys', ({ db, t }) =>
  db.delete(t.vpnKeys).where(eq(t.vpnKeys.serverId, sql.placeholder('serverId'))),
);

const closeServerRow = hot('close_server', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({ status: 'destroyed', machineId: null, updatedAt: given('updatedAt', servers.updatedAt) })
    .where(eq(servers.id, sql.placeholder('serverId'))),
);

/** Every machine of the server is verified gone, so its keys are not needed any more. */
function* closeServer({ server, settlement: { now } }: Ending): Steps<readonly EventMachine[]> {
  const serverId = server.id;
  const removed = yield* askHot(markAllGone, { serverId, goneAt: now });
  yield* askHot(deleteKeys, { serverId });
  yield* askHot(closeServerRow, { serverId, updatedAt: now });
  return removed;
}

const setStatus = hot('set_status', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({ status: given('status', servers.status), updatedAt: given('updatedAt', servers.updatedAt) })
    .where(eq(servers.id, sql.placeholder('id'))),
);

function* applyFailure(ending: Ending, outcome: Outcome & { end: 'failed' }): Steps<void> {
  const { server, job, settlement } = ending;
  const { makesMachine, statusWhenFailed } = jobTraits[job.kind];
  if (makesMachine) yield* abandonMachine(ending, outcome.leftover);
  yield* askHot(setStatus, { id: server.id, status: statusWhenFailed ?? server.status, updatedAt: settlement.now });
}

const markAbandoned = hot('abandon_machine', ({ db, t: { machines } }) =>
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
