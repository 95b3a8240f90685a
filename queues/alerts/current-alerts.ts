import type { Store } from '#db/store.ts';
import type { Live } from '#queues/bullmq/live.ts';
import { type Alert, alert } from './alert.ts';
import { type PaymentAlertDeps, readPaymentAlerts } from './payment-alerts.ts';
import { queueAlerts } from './queue-alerts.ts';
import { type RowAlertDeps, readRowAlerts } from './row-alerts.ts';

export interface AlertDeps extends RowAlertDeps {
  readonly store: Pick<Store, 'readTroubles' | 'readFigures'> & PaymentAlertDeps['store'];
  readonly live: Live;
  /** null: no limit. */
  readonly maxServers: number | null;
  /** Whether customers pay with Stripe. Not given: they do not. */
  readonly takesPayments?: boolean;
}

/** Every alert that holds now: from the rows, from the queue, and those that workers have recorded. */
export async function currentAlerts(deps: AlertDeps): Promise<Alert[]> {
  const queue = await deps.live.queue();
  const fromRows = await readRowAlerts(deps);
  const ofPayments = deps.takesPayments ? await readPaymentAlerts(deps) : [];
  const soldOut = await readSoldOut(deps);
  return [...fromRows.derived, ...ofPayments, ...soldOut, ...fromRows.recorded, ...queueAlerts(queue, deps.now())];
}

async function readSoldOut({ store, maxServers, now }: AlertDeps): Promise<Alert[]> {
  if (maxServers === null) return [];
  const { servers } = await store.readFigures();
  const sold = servers.reduce((sum, { status, count }) => (status === 'destroyed' ? sum : sum + count), 0);
  if (sold < maxServers) return [];
  const message = `${sold} servers exist and MAX_SERVERS is ${maxServers}: purchases get 503. Raise it to sell more.`;
  return [alert({ kind: 'sold-out', subject: 'MAX_SERVERS', message, raisedAt: now() })];
}
