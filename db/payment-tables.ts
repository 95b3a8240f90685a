import type { Columns } from './columns.ts';
import {
  type Hold,
  type IgnoreReason,
  noticeForms,
  noticeStates,
  type StandingReason,
  type SubscriptionStatus,
  standings,
} from './subscriptions.ts';

/** The tables of payments. */
export function paymentTables(c: Columns) {
  return { subscriptions: subscriptionTable(c), payments: paymentTable(c), notices: noticeTable(c) };
}

/** What an operator decided about a hold. It counts for as long as the subscription has this price. */
export interface Release {
  readonly priceId: string | null;
  readonly plan: string;
  readonly location: string;
}

function subscriptionTable(c: Columns) {
  return c.table('subscriptions', {
    /** `sub_…` */
    id: c.text('id').primaryKey(),
    /** `cus_…` */
    stripeCustomer: c.text('stripe_customer').notNull(),
    customer: c.text('customer').notNull(),
    /** The form by which the customer is found; null: the customer as given has that form. */
    customerFolded: c.text('customer_folded'),
    reference: c.text('reference'),
    status: c.text('status').$type<SubscriptionStatus>().notNull(),
    standing: c.oneOf('standing', standings).notNull(),
    reason: c.text('reason').$type<StandingReason>().notNull(),
    since: c.time('since').notNull(),
    /** A look is due then; null: no time changes anything. */
    changesAt: c.time('changes_at'),
    endsAt: c.time('ends_at'),
    priceId: c.text('price_id'),
    plan: c.text('plan'),
    location: c.text('location'),
    periodEnd: c.time('period_end'),
    cancelAt: c.time('cancel_at'),
    endedAt: c.time('ended_at'),
    openInvoice: c.text('open_invoice'),
    openSince: c.time('open_since'),
    /** The newest invoice that was paid. */
    paidInvoice: c.text('paid_invoice'),
    paidAt: c.time('paid_at'),
    /** When all of the newest payment was given back; null: it was not. */
    refundedAt: c.time('refunded_at'),
    /** The state of the newest dispute of the newest payment, in Stripe's words. */
    dispute: c.text('dispute'),
    hold: c.text('hold').$type<Hold>(),
    holdSince: c.time('hold_since'),
    released: c.json('released').$type<Release>(),
    /** The server in Stripe's metadata, once the database has that server. */
    markedServer: c.text('marked_server'),
    /** Another subscription of the same customer and reference that is billed too. */
    doubleOf: c.text('double_of'),
    /** The uid of the event that causes what the next look does. */
    cause: c.text('cause'),
    /** When the fetch began whose objects this row shows, on the database's clock. */
    syncedAt: c.time('synced_at').notNull(),
    createdAt: c.time('created_at').notNull(),
  });
}

function paymentTable(c: Columns) {
  return c.table('payments', {
    /** `in_…` */
    invoiceId: c.text('invoice_id').primaryKey(),
    subscriptionId: c.text('subscription_id').notNull(),
    /** In the currency's smallest unit, like the other two amounts. Negative: a credit. */
    amount: c.money('amount').notNull(),
    /** ISO 4217, upper case. */
    currency: c.text('currency').notNull(),
    paidAt: c.time('paid_at').notNull(),
    refunded: c.money('refunded').notNull(),
    /** The part that a bank holds or has taken back. */
    disputed: c.money('disputed').notNull(),
    periodStart: c.time('period_start').notNull(),
    periodEnd: c.time('period_end').notNull(),
  });
}

function noticeTable(c: Columns) {
  return c.table('notices', {
    /** `evt_…`; `poll_<subscription>`: the listing of all subscriptions found one without a row. */
    id: c.text('id').primaryKey(),
    form: c.oneOf('form', noticeForms).notNull(),
    type: c.text('type').notNull(),
    objectId: c.text('object_id'),
    /** null: not looked up yet, or there is none. */
    subscriptionId: c.text('subscription_id'),
    livemode: c.flag('livemode').notNull(),
    createdAt: c.time('created_at').notNull(),
    receivedAt: c.time('received_at').notNull(),
    state: c.oneOf('state', noticeStates).notNull(),
    reason: c.text('reason').$type<IgnoreReason>(),
    attempts: c.int('attempts').notNull(),
    /** The uid of its event. */
    cause: c.text('cause').notNull(),
  });
}

type PaymentTables = ReturnType<typeof paymentTables>;
export type Subscription = PaymentTables['subscriptions']['$inferSelect'];
export type Payment = PaymentTables['payments']['$inferSelect'];
export type Notice = PaymentTables['notices']['$inferSelect'];
