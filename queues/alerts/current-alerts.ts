import { jobTraits } from '#db/model.ts';
import type { Store } from '#db/store.ts';
import type { Live, LiveQueue } from '#queues/bullmq/live.ts';

export const alertKinds = [
  'paid-without-server',
  'parked-job',
  'slow-removal',
  'slow-rebuild',
  'queue-paused',
  'redis-unreachable',
  'redis-unsafe',
  'no-worker',
  'sold-out',
  'provider',
  'provider-refuses',
  'dns-refuses',
  'configuration',
  'unknown-machine',
  'machine-missing',
  'machine-kept',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Something that needs a person; docs/runbook.md has a paragraph per kind. */
export interface Alert {
  /** Kind and subject: the same trouble has the same id for as long as it lasts. */
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly raisedAt: Date;
}

export interface AlertDeps {
  readonly store: Pick<Store, 'readTroubles' | 'readFigures'>;
  readonly live: Live;
  /** null: no limit. */
  readonly maxServers: number | null;
  readonly now: () => Date;
}

const unservedAfterMs = 15 * 60_000;
const slowAfterMs = 15 * 60_000;

/** Every alert that holds now: what the rows tell, what the queue tells, and what workers have recorded. */
export async function currentAlerts(deps: AlertDeps): Promise<Alert[]> {
  const queue = await deps.live.queue();
  return [...(await alertsOfRows(deps)), ...alertsOfQueue(queue, deps.now())];
}

async function alertsOfRows({ store, maxServers, now }: AlertDeps): Promise<Alert[]> {
  const at = now().getTime();
  const [unservedSince, slowSince] = [new Date(at - unservedAfterMs), new Date(at - slowAfterMs)];
  const { unserved, parked, slowJobs, leftMachines, recorded } = await store.readTroubles({
    unservedSince,
    slowSince,
  });
  return [
    ...unserved.map((server) =>
      alert(
        'paid-without-server',
        server.id,
        `Bought by ${server.customer} at ${server.createdAt.toISOString()} and still ${server.status}.`,
        server.status === 'failed' ? server.updatedAt : new Date(server.createdAt.getTime() + unservedAfterMs),
      ),
    ),
    ...parked.map((job) =>
      alert('parked-job', job.id, `${job.kind} of ${job.serverId}: ${job.error ?? 'parked'}`, job.finishedAt ?? now()),
    ),
    ...slowJobs.map((job) =>
      alert(
        jobTraits[job.kind].makesMachine ? 'slow-rebuild' : 'slow-removal',
        job.id,
        `${job.kind} of ${job.serverId} has not succeeded for 15 minutes; ${
          jobTraits[job.kind].makesMachine ? 'its old machine serves' : 'its machine is paid for'
        } meanwhile.`,
        new Date((job.dueAt ?? job.createdAt).getTime() + slowAfterMs),
      ),
    ),
    ...leftMachines.map(({ name, provider, removableAt }) =>
      alert(
        'slow-removal',
        name,
        `Machine ${name} of a failed job is not verified gone at ${provider} for 15 minutes; it may be paid for meanwhile.`,
        new Date((removableAt ?? now()).getTime() + slowAfterMs),
      ),
    ),
    ...(await soldOut({ store, maxServers, now })),
    ...recorded,
  ];
}

async function soldOut({ store, maxServers, now }: Pick<AlertDeps, 'store' | 'maxServers' | 'now'>): Promise<Alert[]> {
  if (maxServers === null) return [];
  const { servers } = await store.readFigures();
  const sold = servers.reduce((sum, { status, count }) => (status === 'destroyed' ? sum : sum + count), 0);
  if (sold < maxServers) return [];
  return [
    alert(
      'sold-out',
      'MAX_SERVERS',
      `${sold} servers are sold and MAX_SERVERS is ${maxServers}: purchases get 503.`,
      now(),
    ),
  ];
}

function alertsOfQueue(queue: LiveQueue | null, now: Date): Alert[] {
  if (!queue)
    return [
      alert(
        'redis-unreachable',
        'redis',
        'Redis does not answer: purchases are recorded, and run when it is back.',
        now,
      ),
    ];
  const alerts: Alert[] = [];
  if (queue.paused)
    alerts.push(
      alert(
        'queue-paused',
        'servers',
        'The queue is paused: nothing runs until somebody resumes it in Bull Board.',
        now,
      ),
    );
  if (queue.workers === 0) alerts.push(alert('no-worker', 'servers', 'No worker is connected: nothing runs.', now));
  if (queue.evictionPolicy !== 'noeviction')
    alerts.push(
      alert(
        'redis-unsafe',
        'maxmemory-policy',
        `Redis evicts keys when it is full (${queue.evictionPolicy}); set maxmemory-policy noeviction.`,
        now,
      ),
    );
  if (queue.isFull && queue.evictionPolicy === 'noeviction')
    alerts.push(
      alert(
        'redis-unsafe',
        'maxmemory',
        'Redis is full and refuses every write: no job is taken until its maxmemory is raised.',
        now,
      ),
    );
  if (queue.isReadOnly)
    alerts.push(
      alert(
        'redis-unsafe',
        'read-only',
        'Redis is a read-only replica and refuses every write: no job is taken until REDIS_URL leads to a primary.',
        now,
      ),
    );
  if (!queue.appendOnly)
    alerts.push(
      alert(
        'redis-unsafe',
        'appendonly',
        'Redis keeps no append-only file, so that its restart costs a sweep of every open job; set appendonly yes.',
        now,
      ),
    );
  return alerts;
}

export function alert(kind: AlertKind, subject: string, message: string, raisedAt: Date): Alert {
  return { id: `${kind}:${subject}`, kind, subject, message, raisedAt };
}
