import { z } from 'zod';
import { serverStatuses } from '#db/model.ts';
import type { Payment, Subscription } from '#db/payment-tables.ts';
import type { SubscriptionInFull } from '#db/reads/payments.ts';
import { holds, standingReasons, standings, subscriptionStatuses } from '#db/subscriptions.ts';
import { instant } from './fields.ts';

const fields = {
  id: z.string().meta({ example: 'sub_1Pgc6rAB5wqYc2x1' }),
  stripeCustomer: z.string(),
  customer: z.string(),
  reference: z.string().nullable(),
  status: z.enum(subscriptionStatuses).meta({ description: 'In Stripe’s words.' }),
  standing: z.enum(standings).meta({
    description:
      'good and overdue: the server serves. held: it is suspended. over: it is destroyed. unpaid: none is made.',
  }),
  reason: z.enum(standingReasons),
  since: instant,
  changesAt: instant.nullable().meta({ description: 'When Stripe is asked again, even if it sends nothing.' }),
  endsAt: instant.nullable().meta({ description: 'The end that the customer asked for.' }),
  price: z.string().nullable(),
  plan: z.string().nullable().meta({ description: 'null: the price names none that is offered.' }),
  location: z.string().nullable().meta({ description: 'Where a new server is made.' }),
  periodEnd: instant.nullable(),
  paidAt: instant.nullable(),
  openInvoice: z.string().nullable(),
  openSince: instant.nullable(),
  refundedAt: instant.nullable(),
  dispute: z.string().nullable(),
  hold: z
    .enum(holds)
    .nullable()
    .meta({ description: 'Why it does not get what it is paid for; `POST …/release` decides about some.' }),
  holdSince: instant.nullable(),
  doubleOf: z.string().nullable().meta({ description: 'Another one of the same customer and reference.' }),
  syncedAt: instant.meta({ description: 'When Stripe was asked last.' }),
  createdAt: instant,
};

export const subscriptionShape = z.object(fields).meta({ id: 'Subscription' });

const paymentShape = z
  .object({
    invoice: z.string(),
    amount: z.number().int().meta({ description: 'In the currency’s smallest unit, like the other amounts.' }),
    currency: z.string(),
    refunded: z.number().int(),
    disputed: z.number().int(),
    paidAt: instant,
    periodStart: instant,
    periodEnd: instant,
  })
  .meta({ id: 'Payment' });

export const subscriptionInFull = z
  .object({
    ...fields,
    server: z.object({ id: z.string(), status: z.enum(serverStatuses) }).nullable(),
    payments: z.array(paymentShape).meta({ description: 'Newest first, at most 100.' }),
  })
  .meta({ id: 'SubscriptionInFull' });

export const subscriptionParams = z.strictObject({
  id: z
    .string()
    .regex(/^sub_\w{1,250}$/, 'must be the id of a subscription at Stripe: sub_…')
    .meta({ description: 'The id of a subscription at Stripe.', example: 'sub_1Pgc6rAB5wqYc2x1' }),
});

export function showSubscription(row: Subscription): z.output<typeof subscriptionShape> {
  const { id, stripeCustomer, customer, reference, status, standing, reason, priceId: price, plan, location } = row;
  const { openInvoice, dispute, hold, doubleOf } = row;
  return {
    id,
    stripeCustomer,
    customer,
    reference,
    status,
    standing,
    reason,
    price,
    plan,
    location,
    openInvoice,
    dispute,
    hold,
    doubleOf,
    since: row.since.toISOString(),
    changesAt: textOf(row.changesAt),
    endsAt: textOf(row.endsAt),
    periodEnd: textOf(row.periodEnd),
    paidAt: textOf(row.paidAt),
    openSince: textOf(row.openSince),
    refundedAt: textOf(row.refundedAt),
    holdSince: textOf(row.holdSince),
    syncedAt: row.syncedAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}

export function showSubscriptionInFull(found: SubscriptionInFull): z.output<typeof subscriptionInFull> {
  const { subscription, server, payments } = found;
  return { ...showSubscription(subscription), server, payments: payments.map(showPayment) };
}

function showPayment(payment: Payment): z.output<typeof paymentShape> {
  const { invoiceId: invoice, amount, currency, refunded, disputed, paidAt, periodStart, periodEnd } = payment;
  const period = { periodStart: periodStart.toISOString(), periodEnd: periodEnd.toISOString() };
  return { invoice, amount, currency, refunded, disputed, paidAt: paidAt.toISOString(), ...period };
}

function textOf(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}
