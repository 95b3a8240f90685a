import { jobTraits } from '#db/job-traits.ts';
import type { ConfirmedMachine, Settlement } from '#db/model.ts';
import { and, eq, ne, sql } from '#db/orm.ts';
import { askHot, given, hot, hotWrite, type Steps } from '#db/steps.ts';
import type { Job, Machine, Tables } from '#db/tables.ts';
import type { LockedServer } from './line.ts';

/** The end of a job, with its rows as they were before. */
export interface Ending {
  readonly server: LockedServer;
  readonly job: Pick<Job, 'kind' | 'machineId'> & { readonly machine: PlannedMachine | null };
  readonly settlement: Settlement;
}

/** The machine of a job, before the job ended. */
export type PlannedMachine = Pick<Machine, 'name' | 'location' | 'plan'>;

/** A machine that a job put into service or removed, as the events show it. */
export type EventMachine = Pick<Machine, 'id' | 'name' | 'ipv4' | 'ipv6' | 'location'>;

/** Changes the server and its machines as the outcome requires. Returns the machines that came or went. */
export function* applyOutcome(ending: Ending): Steps<readonly EventMachine[]> {
  const { outcome } = ending.settlement;
  switch (outcome.end) {
    case 'made':
      return yield* putIntoService(ending, outcome.machine);
    case 'removed':
      return yield* jobTraits[ending.job.kind].about === 'server' ? removeAll(ending) : markGone(ending);
    case 'failed':
      yield* applyFailure(ending, outcome.leftover);
      return [];
    case 'cancelled':
      // Without a leftover, the destroy behind this job removes the planned machine.
      if (outcome.leftover) yield* applyFailure(ending, outcome.leftover);
      return [];
  }
}

/**
 * Makes the new machine the current one. Location and plan are the provider's: an adopted machine may differ from the
 * planned one. The machine before it, if any, is replaced.
 */
function* putIntoService(
  { server, job: { machineId, machine: planned }, settlement }: Ending,
  machine: ConfirmedMachine,
): Steps<readonly EventMachine[]> {
  if (server.machineId) yield* askHot(replaceMachine, { id: server.machineId, removableAt: graceEnd(settlement) });
  const { providerId, account, ipv4, ipv6 } = machine;
  const location = machine.location ?? planned?.location ?? server.location;
  const plan = machine.plan ?? planned?.plan ?? server.plan;
  yield* askHot(confirmMachine, { id: machineId ?? '', providerId, account, ipv4, ipv6, location, plan });
  yield* askHot(serveWith, { id: server.id, machineId, location, plan, updatedAt: settlement.now });
  return machineId && planned ? [{ id: machineId, name: planned.name, ipv4, ipv6, location }] : [];
}

/** When the machine that this settlement replaces may be removed. */
export function graceEnd({ now, graceSeconds }: Settlement): Date {
  return new Date(now.getTime() + graceSeconds * 1000);
}

const replaceMachine = hotWrite('replace_machine', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({ state: 'replaced', removableAt: given('removableAt', machines.removableAt) })
    .where(eq(machines.id, sql.placeholder('id'))),
);

const confirmMachine = hotWrite('confirm_machine', ({ db, t: { machines } }) =>
  db
    .update(machines)
    .set({
      state: 'current',
      account: given('account', machines.account),
      providerId: given('providerId', machines.providerId),
      ipv4: given('ipv4', machines.ipv4),
      ipv6: given('ipv6', machines.ipv6),
      location: given('location', machines.location),
      plan: given('plan', machines.plan),
    })
    .where(eq(machines.id, sql.placeholder('id'))),
);

function shownIn({ id, name, ipv4, ipv6, location }: Tables['machines']) {
  return { id, name, ipv4, ipv6, location };
}

const serveWith = hotWrite('serve_with', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({
      status: 'running',
      heldReason: null,
      owedSince: null,
      machineId: given('machineId', servers.machineId),
      location: given('location', servers.location),
      plan: given('plan', servers.plan),
      updatedAt: given('updatedAt', servers.updatedAt),
    })
    .where(eq(servers.id, sql.placeholder('id'))),
);

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

const deleteKeys = hotWrite('delete_keys', ({ db, t }) =>
  db.delete(t.vpnKeys).where(eq(t.vpnKeys.serverId, sql.placeholder('serverId'))),
);

const deleteLabels = hotWrite('delete_labels', ({ db, t }) =>
  db.delete(t.deviceLabels).where(eq(t.deviceLabels.serverId, sql.placeholder('serverId'))),
);

const emptyServer = hotWrite('empty_server', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({
      status: given('status', servers.status),
      machineId: null,
      updatedAt: given('updatedAt', servers.updatedAt),
    })
    .where(eq(servers.id, sql.placeholder('serverId'))),
);

/** Every machine of the server is verified gone. A suspended server keeps its keys and labels for its next machine. */
function* removeAll({ server, job, settlement: { now } }: Ending): Steps<readonly EventMachine[]> {
  const serverId = server.id;
  const status = jobTraits[job.kind].statusWhenSucceeded ?? server.status;
  const removed = yield* askHot(markAllGone, { serverId, goneAt: now });
  if (status === 'destroyed') {
    yield* askHot(deleteKeys, { serverId });
    yield* askHot(deleteLabels, { serverId });
  }
  yield* askHot(emptyServer, { serverId, status, updatedAt: now });
  return removed;
}

const setStatus = hotWrite('set_status', ({ db, t: { servers } }) =>
  db
    .update(servers)
    .set({ status: given('status', servers.status), updatedAt: given('updatedAt', servers.updatedAt) })
    .where(eq(servers.id, sql.placeholder('id'))),
);

function* applyFailure(ending: Ending, leftover: 'gone' | 'abandoned'): Steps<void> {
  const { server, job, settlement } = ending;
  const { makesMachine, statusWhenFailed } = jobTraits[job.kind];
  const { id, machineId } = server;
  const status = statusWhenFailed ?? server.status;
  if (makesMachine) yield* abandonMachine(ending, leftover);
  if (status !== 'suspended') return void (yield* askHot(setStatus, { id, status, updatedAt: settlement.now }));
  // A suspended server has no machine. One that a parked suspension has left is for the inventory to remove.
  if (machineId) yield* askHot(replaceMachine, { id: machineId, removableAt: settlement.now });
  yield* askHot(emptyServer, { serverId: id, status, updatedAt: settlement.now });
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
