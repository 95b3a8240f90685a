import type { LiveQueue } from '#queues/bullmq/live.ts';
import { type Alert, alert, type NewAlert } from './alert.ts';

type Finding = Omit<NewAlert, 'raisedAt'> | false;

/** The alerts that the state of Redis and of the queue implies. `queue` is null while Redis does not answer. */
export function queueAlerts(queue: LiveQueue | null, now: Date): Alert[] {
  const findings = queue ? [...inQueue(queue), ...inRedis(queue)] : [unreachable];
  return findings.flatMap((found) => (found ? [alert({ ...found, raisedAt: now })] : []));
}

const unreachable: Finding = {
  kind: 'redis-unreachable',
  subject: 'redis',
  message: 'Redis does not answer. Purchases are recorded, and run when it is back. Bring Redis back.',
};

function inQueue({ workers }: LiveQueue): Finding[] {
  return [
    workers === 0 && {
      kind: 'no-worker',
      subject: 'servers',
      message: 'No worker is connected: no job runs. Start a worker.',
    },
  ];
}

function inRedis({ evictionPolicy, isReadOnly, appendOnly }: LiveQueue): Finding[] {
  return [
    evictionPolicy !== 'noeviction' &&
      unsafe(
        'maxmemory-policy',
        `Redis evicts keys when it is full (${evictionPolicy}). Set maxmemory-policy noeviction.`,
      ),
    isReadOnly &&
      unsafe(
        'read-only',
        'Redis is a read-only replica and refuses every write: no job is taken. Promote it, or point REDIS_URL at the primary.',
      ),
    !appendOnly &&
      unsafe(
        'appendonly',
        'Redis keeps no append-only file: after a restart, the sweeper must publish every open job again. Set appendonly yes.',
      ),
  ];
}

function unsafe(subject: string, message: string): Finding {
  return { kind: 'redis-unsafe', subject, message };
}
