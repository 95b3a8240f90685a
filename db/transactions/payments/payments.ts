import type { EventType } from '#db/events.ts';
import { eq, sql } from '#db/orm.ts';
import type { Payment } from '#db/payment-tables.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import { recordEvent } from '#db/transactions/events.ts';

/** An invoice that was paid, with what came of the money. */
export interface PaidInvoice extends Omit<Payment, 'subscriptionId' | 'refunded' | 'disputed'> {
  /** null: it was not asked for; the row keeps what it has. */
  readonly returns: Pick<Payment, 'refunded' | 'disputed'> | null;
}

export interface PaymentsOf {
  readonly subscriptionId: string;
  /** Newest first. */
  readonly invoices: readonly PaidInvoice[];
  /** Whether an earlier look has seen a payment. The payments before the first look are no news, but for the newest. */
  readonly hasEarlier: boolean;
  readonly cause: string | null;
  readonly now: Date;
}

const paymentsOfSubscription = hot('payments_of_subscription', ({ db, t: { payments } }) =>
  db
    .select()
    .from(payments)
    .where(eq(payments.subscriptionId, sql.placeholder('subscriptionId'))),
);

/** Records the payments of a subscription, with an event for each that is new, returned or disputed. */
export function* recordPayments(context: Context, of: PaymentsOf): Steps<void> {
  if (of.invoices.length === 0) return;
  const rows = yield* askHot(paymentsOfSubscription, { subscriptionId: of.subscriptionId });
  const stored = new Map(rows.map((row) => [row.invoiceId, row]));
  for (const [at, invoice] of of.invoices.entries()) {
    const isNews = of.hasEarlier || at === 0;
    yield* recordPayment(context, of, { invoice, before: stored.get(invoice.invoiceId) ?? null, isNews });
  }
}

interface Found {
  readonly invoice: PaidInvoice;
  readonly before: Payment | null;
  readonly isNews: boolean;
}

function* recordPayment(context: Context, of: PaymentsOf, { invoice, before, isNews }: Found): Steps<void> {
  const { db, t } = context;
  const { returns, ...paid } = invoice;
  const after = { ...paid, subscriptionId: of.subscriptionId, ...(returns ?? returnsOf(before)) };
  if (before === null) yield* ask(db.insert(t.payments).values(after));
  else if (returns !== null && (returns.refunded !== before.refunded || returns.disputed !== before.disputed))
    yield* ask(db.update(t.payments).set(returns).where(eq(t.payments.invoiceId, after.invoiceId)));
  for (const news of newsOf(before, after)) {
    if (isNews) yield* recordEvent(context, eventOf(news, after, of));
  }
}

function returnsOf(before: Payment | null): Pick<Payment, 'refunded' | 'disputed'> {
  return { refunded: before?.refunded ?? 0, disputed: before?.disputed ?? 0 };
}

interface News {
  readonly type: EventType;
  /** How much was received, or how much more or less is returned or disputed than before. */
  readonly change: number;
}

function newsOf(before: Payment | null, after: Payment): News[] {
  const returned = after.refunded - returnsOf(before).refunded;
  const taken = after.disputed - returnsOf(before).disputed;
  const news: News[] = [
    { type: 'payment.received', change: before === null ? after.amount : 0 },
    { type: returned > 0 ? 'payment.refunded' : 'payment.refund_failed', change: returned },
    { type: taken > 0 ? 'payment.disputed' : 'payment.dispute_ended', change: taken },
  ];
  return news.filter(({ change }) => change !== 0);
}

function eventOf({ type, change }: News, payment: Payment, { subscriptionId, cause, now: at }: PaymentsOf) {
  const { invoiceId: subject, amount, currency, refunded, disputed } = payment;
  const detail = { amount, currency, change, refunded, disputed };
  return { type, actor: 'stripe', at, cause, subscriptionId, subject, detail } as const;
}
