import { jobTraits } from '#db/job-traits.ts';
import type { ServerStatus } from '#db/model.ts';
import type { Found } from '#db/reads/alerts.ts';
import type { Store } from '#db/store.ts';
import type { Job, Machine, Server } from '#db/tables.ts';
import { type Alert, type AlertKind, alert } from './alert.ts';
import { firstOfKind } from './first-of-kind.ts';

export interface RowAlertDeps {
  readonly store: Pick<Store, 'readTroubles'>;
  readonly now: () => Date;
}

export interface RowAlerts {
  /** Computed from servers, jobs and machines. */
  readonly derived: readonly Alert[];
  /** Recorded by workers. */
  readonly recorded: readonly Alert[];
}

const unservedAfterMs = 15 * 60_000;
const slowAfterMs = 15 * 60_000;

/** The alerts that the database holds or implies: of each kind the oldest 100, and how many more there are. */
export async function readRowAlerts({ store, now }: RowAlertDeps): Promise<RowAlerts> {
  const at = now();
  const troubles = await store.readTroubles({
    unservedSince: after(at, -unservedAfterMs),
    slowSince: after(at, -slowAfterMs),
  });
  const { recorded, parked, slowRemovals, slowRebuilds, leftMachines } = troubles;
  const unserved = [troubles.failed, troubles.notResumed, troubles.installing, troubles.resuming];
  const left = alertsOf(leftMachines, (machine) => slowLeftMachine(machine, at));
  const derived = [
    ...inOneKind('paid-without-server', ...unserved.map((found) => alertsOf(found, paidWithoutServer))),
    ...inOneKind(
      'parked-job',
      alertsOf(parked, (job) => parkedJob(job, at)),
    ),
    ...inOneKind('slow-removal', alertsOf(slowRemovals, slowJob), left),
    ...inOneKind('slow-rebuild', alertsOf(slowRebuilds, slowJob)),
  ];
  return { derived, recorded };
}

interface Counted {
  readonly alerts: readonly Alert[];
  readonly count: number;
}

function alertsOf<Row>({ first, count }: Found<Row>, toAlert: (row: Row) => Alert): Counted {
  return { alerts: first.map(toAlert), count };
}

function inOneKind(kind: AlertKind, ...counted: readonly Counted[]): Alert[] {
  const count = counted.reduce((sum, one) => sum + one.count, 0);
  return firstOfKind(
    counted.flatMap(({ alerts }) => alerts),
    kind,
    count,
  );
}

/** Statuses in which nothing happens until somebody acts. */
const atRest: Partial<Record<ServerStatus, string>> = {
  failed: 'has failed. Read its history, then retry its create job or refund.',
  suspended: 'could not be resumed, and is suspended. Read its history, then retry its resume job or refund.',
};

function paidWithoutServer({ id, customer, status, createdAt, owedSince, updatedAt }: Server): Alert {
  const trouble = atRest[status] ?? `is still ${status}. Read the log of its open job.`;
  return alert({
    kind: 'paid-without-server',
    subject: id,
    message: `Server ${id}, which ${customer} bought at ${createdAt.toISOString()}, ${trouble}`,
    raisedAt: status in atRest ? updatedAt : after(owedSince ?? createdAt, unservedAfterMs),
    detail: { serverId: id },
  });
}

function parkedJob({ id, kind, serverId, error, finishedAt }: Job, at: Date): Alert {
  const message = `The ${kind} job of server ${serverId} is parked: ${error ?? 'its workers died'}`;
  const detail = { serverId, jobId: id };
  return alert({ kind: 'parked-job', subject: id, message, raisedAt: finishedAt ?? at, detail });
}

function slowJob({ id, kind, serverId, dueAt, createdAt }: Job): Alert {
  const { makesMachine } = jobTraits[kind];
  const meanwhile = makesMachine ? 'The customer has the old machine' : 'Its machine is paid for';
  return alert({
    kind: makesMachine ? 'slow-rebuild' : 'slow-removal',
    subject: id,
    message: `The ${kind} job of server ${serverId} has not succeeded for 15 minutes. ${meanwhile} meanwhile. Read the job's log.`,
    raisedAt: after(dueAt ?? createdAt, slowAfterMs),
    detail: { serverId, jobId: id },
  });
}

function slowLeftMachine({ name, serverId, provider, removableAt }: Machine, at: Date): Alert {
  return alert({
    kind: 'slow-removal',
    subject: name,
    message: `Machine ${name} of a failed job has not been verified gone at ${provider} for 15 minutes, and may cost money. Look for it in the provider's console.`,
    raisedAt: after(removableAt ?? at, slowAfterMs),
    detail: { serverId },
  });
}

function after(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}
