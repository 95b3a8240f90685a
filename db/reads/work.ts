import { literal } from '#db/literal.ts';
import type { JobState } from '#db/model.ts';
import { and, asc, desc, eq, isNotNull, ne, sql } from '#db/orm.ts';
import { askHot, type Context, hotRow, type Steps } from '#db/steps.ts';
import type { Job, Machine, Server } from '#db/tables.ts';

/** The columns of the job that a run needs. Each column that is read takes two microseconds. */
export type WorkJob = Pick<
  Job,
  'id' | 'kind' | 'state' | 'serverId' | 'machineId' | 'requestId' | 'error' | 'dueAt' | 'releasedAt'
>;
export type WorkServer = Pick<Server, 'id' | 'hostname' | 'status' | 'generation' | 'machineId'>;

/** Everything that a run reads before it acts. */
export interface Work {
  readonly job: WorkJob;
  readonly server: WorkServer;
  /** The machine that a create or rebuild makes, or that a retire removes. */
  readonly machine: Machine | null;
  /** Every machine of the server that is not gone, oldest first. */
  readonly machines: readonly Machine[];
  /**
   * Account of the most recently confirmed machine at this provider. null: there is none, or the job orders no machine.
   */
  readonly accountInUse: string | null;
  /** The server's VPN keys, sealed with SECRETS_KEY; null: it has none. */
  readonly sealedKeys: string | null;
}

const jobWithServer = hotRow('work_job', ({ db, t }) => {
  const { id, kind, state, serverId, machineId, requestId, error, dueAt, releasedAt } = t.jobs;
  const { hostname, status, generation, id: ownId, machineId: currentId } = t.servers;
  return db
    .select({
      job: { id, kind, state, serverId, machineId, requestId, error, dueAt, releasedAt },
      server: { id: ownId, hostname, status, generation, machineId: currentId },
      sealedKeys: t.vpnKeys.sealed,
    })
    .from(t.jobs)
    .innerJoin(t.servers, eq(t.servers.id, t.jobs.serverId))
    .leftJoin(t.vpnKeys, eq(t.vpnKeys.serverId, t.servers.id))
    .where(eq(t.jobs.id, sql.placeholder('id')));
});

const machinesLeft = hotRow('work_machines', ({ db, t }) =>
  db
    .select()
    .from(t.machines)
    .where(and(eq(t.machines.serverId, sql.placeholder('serverId')), ne(t.machines.state, 'gone')))
    .orderBy(asc(t.machines.generation)),
);

/** The machines of a server that are not gone, oldest first. */
export function readMachinesLeft(_: Context, serverId: string): Steps<Machine[]> {
  return askHot(machinesLeft, { serverId });
}

const newestConfirmed = hotRow('work_account', ({ db, t }) =>
  db
    .select({ account: t.machines.account })
    .from(t.machines)
    .where(
      and(
        eq(t.machines.provider, sql.placeholder('provider')),
        isNotNull(t.machines.account),
        ne(t.machines.state, literal('gone')),
      ),
    )
    .orderBy(desc(t.machines.id))
    .limit(1),
);

/** null: there is no such job. */
export function* readWork(_: Context, jobId: string): Steps<Work | null> {
  const [found] = yield* askHot(jobWithServer, { id: jobId });
  if (!found) return null;
  const machines = yield* askHot(machinesLeft, { serverId: found.server.id });
  const machine = machines.find(({ id }) => id === found.job.machineId) ?? null;
  const isUnconfirmed = machine?.account === null;
  const [newest] = isUnconfirmed ? yield* askHot(newestConfirmed, { provider: machine.provider }) : [];
  return { ...found, machines, machine, accountInUse: newest?.account ?? null };
}

/** Decides whether a run may continue. */
export interface Checkpoint {
  readonly state: JobState;
  /** A destroy waits behind the job. */
  readonly destroyWaits: boolean;
  /** A person has asked to cancel the job. */
  readonly cancelAsked: boolean;
}

// Drizzle omits the table's name from columns in a select list. `jobs.line` is written out, or it would mean
// `behind.line`. Without the position, SQLite reads every destroy that waits anywhere.
const checkpointOfJob = hotRow('checkpoint', ({ db, t }) =>
  db
    .select({
      state: t.jobs.state,
      cancelCause: t.jobs.cancelCause,
      destroys: sql<number>`(select count(*) from ${t.jobs} as behind where behind.line = jobs.line and behind.position > jobs.position and behind.kind = 'destroy' and behind.state = 'waiting')`,
    })
    .from(t.jobs)
    .where(eq(t.jobs.id, sql.placeholder('id'))),
);

/** null: there is no such job. */
export function* readCheckpoint(_: Context, jobId: string): Steps<Checkpoint | null> {
  const [checkpoint] = yield* askHot(checkpointOfJob, { id: jobId });
  if (!checkpoint) return null;
  const { state, destroys, cancelCause } = checkpoint;
  return { state, destroyWaits: Number(destroys) > 0, cancelAsked: cancelCause !== null };
}
