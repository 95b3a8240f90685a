import type { Subscription, SubscriptionInFull } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime, smallestUnits } from './texts.ts';

export function subscriptionsPage(subscriptions: readonly Subscription[]): Page {
  return tableOf(subscriptions, {
    subscription: ({ id }) => id,
    standing: ({ standing }) => standing,
    reason: ({ reason }) => reason,
    hold: ({ hold }) => hold,
    customer: ({ customer }) => customer,
    reference: ({ reference }) => reference,
    plan: ({ plan }) => plan,
    location: ({ location }) => location,
    'paid until': ({ periodEnd }) => localTime(periodEnd),
  });
}

export function subscriptionPage({ server, payments, ...subscription }: SubscriptionInFull): Page {
  const { id, standing, reason, status, hold, doubleOf, customer, reference } = subscription;
  const { stripeCustomer, price, plan, location, openInvoice, dispute } = subscription;
  const fields = fieldsOf({
    subscription: id,
    standing,
    reason,
    since: localTime(subscription.since),
    'status at Stripe': status,
    hold,
    'double of': doubleOf,
    customer,
    reference,
    'customer at Stripe': stripeCustomer,
    price,
    plan,
    location,
    server: server && `${server.id} (${server.status})`,
    'paid until': localTime(subscription.periodEnd),
    'ends at': localTime(subscription.endsAt),
    'open invoice': openInvoice,
    dispute,
    'asked Stripe': localTime(subscription.syncedAt),
  });
  return payments.length === 0 ? [fields] : [fields, 'Payments:', ...paymentsPage(payments)];
}

function paymentsPage(payments: SubscriptionInFull['payments']): Page {
  return tableOf(payments, {
    invoice: ({ invoice }) => invoice,
    paid: ({ amount, currency }) => smallestUnits(amount, currency),
    refunded: ({ refunded, currency }) => (refunded === 0 ? null : smallestUnits(refunded, currency)),
    disputed: ({ disputed, currency }) => (disputed === 0 ? null : smallestUnits(disputed, currency)),
    at: ({ paidAt }) => localTime(paidAt),
    from: ({ periodStart }) => localTime(periodStart),
    until: ({ periodEnd }) => localTime(periodEnd),
  });
}
