import type { LiveQueue } from '#queues/bullmq/live.ts';
import { inCluster } from '#queues/bullmq/usable.ts';
import { type Alert, alert, type NewAlert } from './alert.ts';

type Finding = Omit<NewAlert, 'raisedAt'> | false;

/**
 * The alerts that the state of Redis and of the queue implies. `queue` is null while Redis does not answer, if possible
 * with the reason in `fault`.
 */
export function queueAlerts(queue: LiveQueue | null, fault: string | null, now: Date): Alert[] {
  const findings = queue ? [...inQueue(queue), ...inRedis(queue), ...inAnswers(queue)] : [unreachable(fault)];
  return findings.flatMap((found) => (found ? [alert({ ...found, raisedAt: now })] : []));
}

function unreachable(fault: string | null): Finding {
  const reason = fault === null ? '' : ` (${fault})`;
  const message = `Redis does not answer${reason}. Purchases are recorded, and run when it is back. Bring Redis back.`;
  return { kind: 'redis-unreachable', subject: 'redis', message };
}

function inQueue({ workers }: LiveQueue): Finding[] {
  return [
    workers === 0 && {
      kind: 'no-worker',
      subject: 'servers',
      message: 'No worker is connected: no job runs. Start a worker.',
    },
  ];
}

/** Something that Redis did not answer is in `inAnswers`. Its room has alerts of its own. */
function inRedis({ evictionPolicy, isReadOnly, appendOnly, isCluster }: LiveQueue): Finding[] {
  return [
    isCluster === true && unsafe('cluster', inCluster),
    evictionPolicy !== null &&
      evictionPolicy !== 'noeviction' &&
      unsafe(
        'maxmemory-policy',
        `Redis evicts keys when it is full (${evictionPolicy}). Set maxmemory-policy noeviction.`,
      ),
    isReadOnly === true &&
      unsafe(
        'read-only',
        'Redis is a read-only replica and refuses every write: no job is taken. Promote it, or point REDIS_URL at the primary.',
      ),
    appendOnly === false &&
      unsafe(
        'appendonly',
        'Redis keeps no append-only file: after a restart, the sweeper must publish every open job again. Set appendonly yes.',
      ),
  ];
}

function inAnswers({ forbidden, error, isCluster }: LiveQueue): Finding[] {
  return [
    forbidden.length > 0 &&
      unsafe(
        'permissions',
        `The user of Redis may not run ${forbidden.join(' and ')}. ${unnoticed(forbidden)} Permit it; docs/deploy.md has all rights in one line.`,
      ),
    error !== null &&
      !isCluster &&
      unsafe('error', `Redis answers with an error: ${error}. Read the log of the workers, and correct it.`),
  ];
}

/** What the alerts do not report while these commands are forbidden. */
function unnoticed(forbidden: readonly string[]): string {
  const effects = [
    forbidden.includes('CLIENT LIST') && 'Nobody is warned of missing workers until jobs have waited for a minute.',
    forbidden.includes('INFO') &&
      'Nobody is warned if Redis evicts keys, has no room or keeps no file, and each order waits for two listings.',
  ];
  return effects.filter(Boolean).join(' ') || 'The queue cannot be read.';
}

function unsafe(subject: string, message: string): Finding {
  return { kind: 'redis-unsafe', subject, message };
}
