import { foldedIfOther } from '#db/fold.ts';
import type { Offer, Projection } from '#db/transactions/payments/application.ts';
import type { PaidInvoice } from '#db/transactions/payments/payments.ts';
import type { Charge, Dispute, Invoice, SubscriptionFacts } from '#queues/ports/payments.ts';
import { decidingItem, isLine } from './offer.ts';
import { type Standing, whenRefunded } from './standing.ts';

export interface Judged {
  readonly facts: SubscriptionFacts;
  readonly standing: Standing;
  readonly offer: Offer;
  readonly customer: string;
}

/** The row of a subscription. */
export function projectionOf({ facts, standing, offer, customer }: Judged): Projection {
  const item = decidingItem(facts);
  const { id, stripeCustomer, status, cancelAt, endedAt, paid, owed, createdAt, metadata } = facts;
  return {
    ...standing,
    id,
    stripeCustomer,
    customer,
    customerFolded: foldedIfOther(customer),
    reference: isLine(metadata.reference) ? metadata.reference : null,
    status,
    priceId: item?.price.id ?? null,
    plan: offer.plan,
    location: offer.location,
    periodEnd: item?.periodEnd ?? null,
    cancelAt,
    endedAt,
    openInvoice: owed?.id ?? null,
    openSince: owed?.finalizedAt ?? null,
    paidInvoice: paid?.id ?? null,
    paidAt: paid && paidAt(paid),
    refundedAt: whenRefunded(facts),
    dispute: newestDispute(paid?.charges ?? [])?.status ?? null,
    createdAt,
  };
}

/** Every payment of a subscription, newest first. */
export function paymentsOf({ paid, paidEarlier }: SubscriptionFacts): PaidInvoice[] {
  return [...(paid ? [paid] : []), ...paidEarlier].map((invoice) => ({
    invoiceId: invoice.id,
    amount: invoice.total,
    currency: invoice.currency,
    paidAt: paidAt(invoice),
    periodStart: invoice.periodStart,
    periodEnd: invoice.periodEnd,
    returns: invoice.charges && returnsOf(invoice.charges),
  }));
}

function paidAt(invoice: Invoice): Date {
  return invoice.paidAt ?? invoice.finalizedAt;
}

function returnsOf(charges: readonly Charge[]): PaidInvoice['returns'] {
  const refunds = charges.flatMap((charge) => charge.refunds);
  const disputes = charges.flatMap((charge) => charge.disputes);
  return { refunded: sum(refunds), disputed: sum(disputes.filter(isAgainstUs)) };
}

/** The bank holds the money, or has given it back. */
function isAgainstUs({ status }: Dispute): boolean {
  return /^(appeal_)?(needs_response|under_review|lost)$/.test(status);
}

function sum(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0);
}

function newestDispute(charges: readonly Charge[]): Dispute | undefined {
  const disputes = charges.flatMap((charge) => charge.disputes);
  return disputes.toSorted((one, other) => other.createdAt.getTime() - one.createdAt.getTime())[0];
}
