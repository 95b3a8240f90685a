import type Stripe from 'stripe';
import { type SubscriptionStatus, subscriptionStatuses } from '#db/subscriptions.ts';
import {
  type Charge,
  type Dispute,
  type Invoice,
  type Item,
  PaymentsError,
  type Price,
  type Refund,
  type SubscriptionFacts,
  type SubscriptionMetadata,
} from '#queues/ports/payments.ts';

/** The objects of one fetch. */
export interface Fetched {
  readonly subscription: Stripe.Subscription;
  /** All of its items; the subscription itself holds the first ones only. */
  readonly items: readonly Stripe.SubscriptionItem[];
  readonly paid: { readonly invoice: Stripe.Invoice; readonly charges: readonly Charge[] } | null;
  readonly paidEarlier: readonly { readonly invoice: Stripe.Invoice; readonly charges: readonly Charge[] | null }[];
  readonly owed: Stripe.Invoice | null;
}

export function factsOf({ subscription, items, paid, paidEarlier, owed }: Fetched): SubscriptionFacts {
  const mine = items.map(itemOf);
  return {
    id: subscription.id,
    livemode: subscription.livemode,
    stripeCustomer: idOf(subscription.customer),
    status: statusOf(subscription),
    createdAt: dateOf(subscription.created),
    trialEnd: optionalDate(subscription.trial_end),
    cancelAt: cancelAt(subscription, mine),
    endedAt: optionalDate(subscription.ended_at),
    metadata: metadataOf(subscription.metadata),
    items: mine,
    paid: paid && Object.assign(invoiceOf(paid.invoice), { charges: paid.charges }),
    paidEarlier: paidEarlier.map(({ invoice, charges }) => Object.assign(invoiceOf(invoice), { charges })),
    owed: owed && invoiceOf(owed),
  };
}

/** The portal sets `cancel_at`; older API calls set `cancel_at_period_end` alone. */
function cancelAt(subscription: Stripe.Subscription, items: readonly Item[]): Date | null {
  if (subscription.cancel_at !== null) return dateOf(subscription.cancel_at);
  if (!subscription.cancel_at_period_end || items.length === 0) return null;
  return new Date(Math.max(...items.map(({ periodEnd }) => periodEnd.getTime())));
}

function statusOf({ id, status }: Stripe.Subscription): SubscriptionStatus {
  const own = subscriptionStatuses.find((name) => name === status);
  if (own) return own;
  throw new PaymentsError('rejected', `Stripe, subscription ${id}: the status ${status} is unknown to this version.`);
}

function itemOf(item: Stripe.SubscriptionItem): Item {
  return {
    price: priceOf(item.price),
    quantity: item.quantity ?? 1,
    periodStart: dateOf(item.current_period_start),
    periodEnd: dateOf(item.current_period_end),
  };
}

/** A price. Its product must be expanded, because its metadata counts where the price's own is not set. */
export function priceOf({ id, metadata, product }: Stripe.Price): Price {
  const shared = typeof product === 'string' || product.deleted ? {} : product.metadata;
  return {
    id,
    plan: textOf(metadata.ghostifi_plan) ?? textOf(shared.ghostifi_plan),
    location: textOf(metadata.ghostifi_location) ?? textOf(shared.ghostifi_location),
  };
}

function metadataOf(metadata: Stripe.Metadata): SubscriptionMetadata {
  return {
    installation: textOf(metadata.ghostifi_installation),
    customer: textOf(metadata.ghostifi_customer),
    reference: textOf(metadata.ghostifi_reference),
    location: textOf(metadata.ghostifi_location),
    server: textOf(metadata.ghostifi_server),
  };
}

const invoiceStatuses = ['open', 'paid', 'void', 'uncollectible'] as const;

function invoiceOf(invoice: Stripe.Invoice): Invoice {
  const { finalized_at, paid_at } = invoice.status_transitions;
  return {
    id: invoice.id,
    status: invoiceStatuses.find((status) => status === invoice.status) ?? 'open',
    total: invoice.total,
    currency: invoice.currency.toUpperCase(),
    finalizedAt: dateOf(finalized_at ?? invoice.created),
    paidAt: optionalDate(paid_at),
    ...periodOf(invoice),
  };
}

/** What is billed is in the lines; the invoice's own period is the one in which they were added, which is over. */
function periodOf({ lines, period_start, period_end }: Stripe.Invoice): Pick<Invoice, 'periodStart' | 'periodEnd'> {
  const periods = lines?.data.map(({ period }) => period) ?? [];
  const starts = periods.map(({ start }) => start);
  const ends = periods.map(({ end }) => end);
  return {
    periodStart: dateOf(starts.length > 0 ? Math.min(...starts) : period_start),
    periodEnd: dateOf(ends.length > 0 ? Math.max(...ends) : period_end),
  };
}

/** A charge that succeeded, with its disputes. Its refunds must be expanded. */
export function chargeOf(charge: Stripe.Charge, disputes: readonly Stripe.Dispute[]): Charge {
  const refunds = charge.refunds?.data ?? [];
  const counted = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled').map(refundOf);
  return {
    id: charge.id,
    amount: charge.amount,
    refunds: counted.toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime()),
    disputes: disputes.filter((dispute) => idOf(dispute.charge) === charge.id).map((one) => disputeOf(one, charge)),
  };
}

function refundOf({ amount, created, metadata }: Stripe.Refund): Refund {
  return { amount, createdAt: dateOf(created), keepsServer: metadata?.ghostifi === 'keep' };
}

/** The bank may dispute a part of the charge. An amount in the bank's currency cannot be compared: then it is the charge. */
function disputeOf({ id, status, amount, currency, created }: Stripe.Dispute, charge: Stripe.Charge): Dispute {
  return { id, status, amount: currency === charge.currency ? amount : charge.amount, createdAt: dateOf(created) };
}

/** The id of an object that may be expanded. */
export function idOf(object: string | { readonly id: string }): string {
  return typeof object === 'string' ? object : object.id;
}

function dateOf(seconds: number): Date {
  return new Date(seconds * 1_000);
}

function optionalDate(seconds: number | null | undefined): Date | null {
  return seconds === null || seconds === undefined ? null : dateOf(seconds);
}

function textOf(value: string | undefined): string | null {
  return value?.trim() || null;
}
