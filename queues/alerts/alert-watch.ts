import type { Log } from '#queues/ports/log.ts';
import { advised } from './advice.ts';
import { type Alert, alertKindsFrom } from './alert.ts';
import { type AlertDeps, currentAlerts } from './current-alerts.ts';
import { roomOfRedis } from './room-alerts.ts';

export interface AlertWatch {
  /**
   * Reads the current alerts, each with the time when it began. Logs each alert once when it is raised and once when it
   * clears. A short absence of workers, or a short silence of Redis or of the provider, is not an alert yet.
   */
  look(): Promise<Alert[]>;
}

/**
 * How long a problem must last before it is an alert. A worker connects within seconds of its start or restart. A busy
 * computer can delay an answer of Redis. A failed listing is repeated within 25 s. The rule of a failing queue has waited
 * 20 s already.
 */
const minimumDurationMs: Partial<Record<string, number>> = {
  'no-worker': 10_000,
  'redis-unreachable': 5_000,
  'queue-failing': 40_000,
  provider: 30_000,
};
/** While Redis does not answer, the last known alerts of these kinds stay; of those about room, the ones about Redis. */
const readFromQueue: readonly string[] = alertKindsFrom('redis');
const aboutRoom: readonly string[] = alertKindsFrom('room');

/** Remembers, for one process, when each alert began. */
export function createAlertWatch(deps: AlertDeps, log: Log): AlertWatch {
  let raised: Alerts = new Map();
  /** Includes alerts that are too young to be raised. */
  let observed: Alerts = new Map();
  const isRaised = ({ id, kind, raisedAt }: Alert) =>
    raised.has(id) || deps.now().getTime() - raisedAt.getTime() >= (minimumDurationMs[kind] ?? 0);
  return {
    look: async () => {
      const found = await currentAlerts(deps);
      const kept = found.some(({ kind }) => kind === 'redis-unreachable') ? onlyFromQueue(observed) : [];
      observed = byId([...found, ...kept].map((one) => ({ ...one, raisedAt: (observed.get(one.id) ?? one).raisedAt })));
      const next = byId([...observed.values()].filter(isRaised));
      logChanges(raised, next, log);
      raised = next;
      return [...raised.values()];
    },
  };
}

type Alerts = ReadonlyMap<string, Alert>;

function byId(alerts: readonly Alert[]): Alerts {
  return new Map(alerts.map((one) => [one.id, one]));
}

function onlyFromQueue(alerts: Alerts): Alert[] {
  return [...alerts.values()].filter(
    ({ kind, subject }) => readFromQueue.includes(kind) || (aboutRoom.includes(kind) && roomOfRedis.includes(subject)),
  );
}

function logChanges(before: Alerts, now: Alerts, log: Log): void {
  for (const [id, alert] of now)
    if (!before.has(id)) log.error({ event: 'alert-raised', alert: advised(alert) }, `Alert raised: ${alert.message}`);
  for (const [id, alert] of before)
    if (!now.has(id)) log.info({ event: 'alert-cleared', alert: advised(alert) }, `Alert cleared: ${alert.message}`);
}
