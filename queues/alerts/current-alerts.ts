import type { Store } from '#db/store.ts';
import type { Live } from '#queues/bullmq/live.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { type Alert, alert } from './alert.ts';
import { readBackupAlert } from './backup-alert.ts';
import { addConcerned } from './concerned.ts';
import { type FailingQueueDeps, readFailingQueues } from './failing-queue.ts';
import { type PaymentAlertDeps, readPaymentAlerts } from './payment-alerts.ts';
import { queueAlerts } from './queue-alerts.ts';
import { roomAlerts } from './room-alerts.ts';
import { type RowAlertDeps, readRowAlerts } from './row-alerts.ts';
import { readSchedulesPaused } from './schedules-paused.ts';
import { switchAlerts } from './switch-alerts.ts';
import { readWebhookAlerts, type WebhookAlertDeps } from './webhook-alerts.ts';
import { readWithdrawnPlans } from './withdrawn-plans.ts';

export interface AlertDeps extends RowAlertDeps {
  readonly store: Pick<
    Store,
    'readTroubles' | 'readFigures' | 'readSwitches' | 'readConcerned' | 'readRoom' | 'readSetting'
  > &
    FailingQueueDeps['store'] &
    PaymentAlertDeps['store'] &
    WebhookAlertDeps['store'];
  readonly live: Pick<Live, 'queue' | 'fault'>;
  /** null: no limit. */
  readonly maxServers: number | null;
  /** The plan of a purchase that names none. */
  readonly defaultPlan: string;
  /** null: no worker has read it yet. */
  readonly catalogue: () => Promise<Catalogue | null>;
  /** Whether customers pay with Stripe. Not given: they do not. */
  readonly takesPayments?: boolean;
}

/**
 * Every alert that holds now: from the rows, from the switches, from the queue, from the disks, and those that workers
 * have recorded. The `detail` of one that concerns a server has its reference and job.
 */
export async function currentAlerts(deps: AlertDeps): Promise<Alert[]> {
  const queue = await deps.live.queue();
  const fromRows = await readRowAlerts(deps);
  const switches = await deps.store.readSwitches();
  return addConcerned(deps.store, [
    ...fromRows.derived,
    ...(deps.takesPayments ? await readPaymentAlerts(deps) : []),
    ...(await readSoldOut(deps)),
    ...(await readDefaultPlan(deps)),
    ...(await readBackupAlert(deps)),
    ...(await readWithdrawnPlans(deps)),
    ...(await readSchedulesPaused(deps)),
    ...(await readWebhookAlerts(deps)),
    ...switchAlerts(switches, queue, deps.now()),
    ...fromRows.recorded,
    ...queueAlerts(queue, deps.live.fault(), deps.now()),
    ...(await readFailingQueues(deps, queue)),
    ...roomAlerts(await deps.store.readRoom(), queue, deps.now()),
  ]);
}

async function readSoldOut({ store, maxServers, now }: AlertDeps): Promise<Alert[]> {
  if (maxServers === null) return [];
  const { servers } = await store.readFigures();
  const sold = servers.reduce((sum, { status, count }) => (status === 'destroyed' ? sum : sum + count), 0);
  if (sold < maxServers) return [];
  const message = `${sold} servers exist and MAX_SERVERS is ${maxServers}: purchases get 503. Raise it to sell more.`;
  return [alert({ kind: 'sold-out', subject: 'MAX_SERVERS', message, raisedAt: now() })];
}

async function readDefaultPlan({ catalogue, defaultPlan, now }: AlertDeps): Promise<Alert[]> {
  const offer = await catalogue();
  const plan = offer?.plans.find(({ id }) => id === defaultPlan);
  if (!offer || (plan && plan.soldIn?.length !== 0)) return [];
  const message = `The provider does not sell the plan ${defaultPlan}: purchases that name no plan get 422. Set DEFAULT_PLAN to one of GET /v1/plans.`;
  return [alert({ kind: 'configuration', subject: 'DEFAULT_PLAN', message, raisedAt: now() })];
}
