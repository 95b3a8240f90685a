import type { Notice, Subscription } from '#db/payment-tables.ts';
import type { Found } from '#db/reads/alerts.ts';
import type { Store } from '#db/store.ts';
import type { Hold } from '#db/subscriptions.ts';
import type { Server } from '#db/tables.ts';
import { type Alert, alert } from './alert.ts';
import { firstOfKind } from './first-of-kind.ts';

export interface PaymentAlertDeps {
  readonly store: Pick<Store, 'readPaymentTroubles'>;
  readonly now: () => Date;
}

/** A look takes seconds. So old a notice means that none ends: no worker, a paused queue, or Stripe. */
const waitingAfterMs = 5 * 60_000;

/** The alerts about payments that the database implies: of each kind the oldest 100, and how many more there are. */
export async function readPaymentAlerts({ store, now }: PaymentAlertDeps): Promise<Alert[]> {
  const waitingSince = new Date(now().getTime() - waitingAfterMs);
  const { held, doubled, waiting, suspended } = await store.readPaymentTroubles(waitingSince);
  const holds = held.first.map(heldPayment);
  const doubles = new Map(doubled.first.map((one) => doubleSubscription(one)).map((one) => [one.id, one]));
  const [late] = waiting.first;
  return [
    ...firstOfKind(ofKind(holds, 'payment-held'), 'payment-held', countOf(holds, held)),
    ...firstOfKind(ofKind(holds, 'paying-for-nothing'), 'paying-for-nothing'),
    ...firstOfKind([...doubles.values()], 'double-subscription'),
    ...firstOfKind(suspended.first.map(suspendedWhilePaying), 'suspended-while-paying', suspended.count),
    ...(late ? [noticesWaiting(late, waiting.count)] : []),
  ];
}

function ofKind(alerts: readonly Alert[], kind: string): Alert[] {
  return alerts.filter((one) => one.kind === kind);
}

/** Of more than a hundred, all but those of the other kind among the first count as held. */
function countOf(holds: readonly Alert[], { count }: Found<Subscription>): number {
  return count - ofKind(holds, 'paying-for-nothing').length;
}

/** What happened, and what to do about it. */
const heldBecause: Readonly<Record<Hold, string>> = {
  'unknown-plan':
    'its price names no plan that the provider sells. Set the metadata ghostifi_plan of the price, or release it with a plan.',
  'unknown-location': 'it names no location of the provider. Set DEFAULT_LOCATION, or release it with a location.',
  quantity: 'it is for more than one server. Correct its quantity at Stripe, or release it to serve one.',
  'sold-out':
    'nothing is sold now: see the alert sold-out, the stopped sale or the catalogue. It is served once there is room.',
  'has-server':
    'it is marked with a server that this database does not have. If a backup was restored, its machine may still run: read the runbook before you release it.',
  'plan-unchanged': 'its server could not be moved to the plan that is paid. Retry the failed rebuild.',
  'server-destroyed': 'its server was destroyed by hand. Cancel it at Stripe, or release it to make another server.',
  absent: 'Stripe does not have it. Check that STRIPE_API_KEY belongs to the right account and mode.',
};

function heldPayment({ id, customer, plan, hold, holdSince, createdAt }: Subscription): Alert {
  const kind = hold === 'server-destroyed' ? 'paying-for-nothing' : 'payment-held';
  const because = heldBecause[hold ?? 'absent'];
  return alert({
    kind,
    subject: id,
    message: `Subscription ${id} of ${customer} is paid and does not get what it is paid for: ${because}`,
    raisedAt: holdSince ?? createdAt,
    detail: { hold, plan },
  });
}

/** The two subscriptions may name each other; together they raise one alert. */
function doubleSubscription({ id, customer, reference, doubleOf, createdAt }: Subscription): Alert {
  const [first = id, second = id] = [id, doubleOf ?? id].toSorted();
  const order = reference === null ? 'without a reference' : `with the reference ${reference}`;
  return alert({
    kind: 'double-subscription',
    subject: `${first}+${second}`,
    message: `${customer} pays for ${first} and ${second}, both ${order}. Each has its server. If one order was paid twice, cancel one at Stripe and refund it.`,
    raisedAt: createdAt,
  });
}

function suspendedWhilePaying({ id, customer, heldReason, updatedAt }: Server): Alert {
  const because = heldReason === null ? '' : ` because of “${heldReason}”`;
  return alert({
    kind: 'suspended-while-paying',
    subject: id,
    message: `Server ${id} of ${customer} is suspended${because} by a person, and its subscription goes on. Resume it, or cancel the subscription at Stripe.`,
    raisedAt: updatedAt,
    detail: { serverId: id },
  });
}

function noticesWaiting({ id, receivedAt }: Notice, count: number): Alert {
  return alert({
    kind: 'notices-waiting',
    subject: 'payments',
    message: `${count} notices of Stripe have waited for more than five minutes, the oldest (${id}) since ${receivedAt.toISOString()}. Check the workers and the queue payments in Bull Board.`,
    raisedAt: new Date(receivedAt.getTime() + waitingAfterMs),
  });
}
