import type { Change, Switches } from '#db/reads/switches.ts';
import type { LiveQueue } from '#queues/bullmq/live.ts';
import { type Alert, alert } from './alert.ts';

/**
 * One alert for each switch that an operator has left off, with who did so, when and why. `queue` is null while Redis
 * does not answer: then nobody knows whether the queue is paused.
 */
export function switchAlerts({ sale, queue: recorded }: Switches, queue: LiveQueue | null, now: Date): Alert[] {
  const alerts: Alert[] = [];
  if (!sale.open) alerts.push(saleStopped(sale, now));
  if (queue?.paused) alerts.push(queuePaused(recorded?.paused ? recorded : unrecorded, now));
  return alerts;
}

/** Another program may pause the queue in Redis, and an older version recorded nothing. */
const unrecorded: Change = { by: null, reason: null, at: null };

function saleStopped(change: Change, now: Date): Alert {
  return alert({
    kind: 'sale-stopped',
    subject: 'sale',
    message: `The sale is stopped: purchases get 503. ${describeChange(change)}`,
    raisedAt: change.at ?? now,
    detail: { by: change.by, reason: change.reason },
  });
}

function queuePaused(change: Change, now: Date): Alert {
  return alert({
    kind: 'queue-paused',
    subject: 'servers',
    message: `The queue is paused: no job starts. ${describeChange(change)}`,
    raisedAt: change.at ?? now,
    detail: { by: change.by, reason: change.reason },
  });
}

function describeChange({ by, reason, at }: Change): string {
  if (by === null) return 'Who did so is not recorded.';
  const since = at ? ` at ${at.toISOString()}` : '';
  return `By ${by}${since}${reason === null ? ', without a reason.' : `: ${reason}`}`;
}
