import type { Log } from '#queues/ports/log.ts';
import { type Alert, type AlertDeps, type AlertKind, currentAlerts } from './current-alerts.ts';

export interface AlertWatch {
  /**
   * Logs each alert once when it comes and once when it is over; gives those that hold now, since when. Seconds without a
   * worker, or without an answer of Redis or of the provider, are none yet.
   */
  look(): Promise<Alert[]>;
}

/**
 * What has to last before it is trouble. Processes that start together find each other within seconds, a worker may be
 * started anew, and a busy computer can keep an answer of Redis for a moment. One listing that fails is followed by the next
 * within 25 s.
 */
const lastsMs: Partial<Record<string, number>> = { 'no-worker': 10_000, 'redis-unreachable': 5_000, provider: 30_000 };
/** What only an answer of Redis tells: while there is none, what it told last holds. */
const readFromQueue: readonly string[] = ['queue-paused', 'no-worker', 'redis-unsafe'] satisfies AlertKind[];

/** Keeps, for one process, since when each alert has held. */
export function createAlertWatch(deps: AlertDeps, log: Log): AlertWatch {
  let known: Alerts = new Map();
  let suspected: Alerts = new Map();
  const holds = ({ id, kind, raisedAt }: Alert) =>
    known.has(id) || deps.now().getTime() - raisedAt.getTime() >= (lastsMs[kind] ?? 0);
  return {
    look: async () => {
      const found = await currentAlerts(deps);
      const kept = found.some(({ kind }) => kind === 'redis-unreachable') ? stillOpen(suspected) : [];
      suspected = byId([...found, ...kept].map((one) => suspected.get(one.id) ?? one));
      const next = byId([...suspected.values()].filter(holds));
      logChanges(known, next, log);
      known = next;
      return [...known.values()];
    },
  };
}

type Alerts = ReadonlyMap<string, Alert>;

function byId(alerts: readonly Alert[]): Alerts {
  return new Map(alerts.map((one) => [one.id, one]));
}

function stillOpen(before: Alerts): Alert[] {
  return [...before.values()].filter(({ kind }) => readFromQueue.includes(kind));
}

function logChanges(before: Alerts, now: Alerts, log: Log): void {
  for (const [id, raised] of now) if (!before.has(id)) log.error({ alert: raised }, `Alert raised: ${raised.message}`);
  for (const [id, over] of before) if (!now.has(id)) log.info({ alert: over }, `Alert cleared: ${over.message}`);
}
