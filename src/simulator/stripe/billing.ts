import type { Book } from './book.ts';
import type { Charge, Invoice, Subscription } from './shapes.ts';

/** What an invoice is for, in Stripe's words. */
type BillingReason = 'subscription_create' | 'subscription_cycle' | 'subscription_update';

/** The sum of a subscription's items for one period, in the currency's smallest unit. */
function amountOf({ items }: Subscription): number {
  return items.data.reduce((sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * (quantity ?? 1), 0);
}

/** Makes the draft of an invoice for the current period of a subscription. That of a trial is about 0. */
export function draftInvoice(book: Book, subscription: Subscription, reason: BillingReason): Invoice {
  const isTrial = reason === 'subscription_create' && subscription.trial_end !== null;
  const amount = isTrial ? 0 : amountOf(subscription);
  const [item] = subscription.items.data;
  const now = book.now();
  const invoice: Invoice = {
    id: book.newId('in'),
    object: 'invoice',
    amount_due: Math.max(amount, 0),
    amount_paid: 0,
    amount_remaining: Math.max(amount, 0),
    attempt_count: 0,
    attempted: false,
    billing_reason: reason,
    created: now,
    currency: subscription.currency,
    customer: subscription.customer,
    livemode: false,
    parent: {
      type: 'subscription_details',
      quote_details: null,
      subscription_details: { subscription: subscription.id, metadata: subscription.metadata },
    },
    period_start: item?.current_period_start ?? now,
    period_end: item?.current_period_end ?? now,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    total: amount,
  };
  book.put({ ...subscription, latest_invoice: invoice.id });
  return book.put(invoice);
}

/** Finalizes a draft, with the payment that is expected for it. An invoice of 0 or less is paid by that. */
export function finalize(book: Book, draft: Invoice): Invoice {
  const now = book.now();
  const open = book.put<Invoice>({
    ...draft,
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: now },
  });
  book.emit('invoice.finalized', open);
  if (open.amount_due === 0) return markPaid(book, open);
  const intent = book.newId('pi');
  const shared = { created: now, currency: open.currency, livemode: false };
  const amount = open.amount_due;
  const { customer } = open;
  const status = 'requires_payment_method';
  const client_secret = `${intent}_secret_${book.newId('').slice(1)}`;
  const own = { amount, client_secret, customer, latest_charge: null, status };
  book.put({ ...shared, ...own, id: intent, object: 'payment_intent' });
  book.put({
    ...shared,
    id: book.newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: amount,
    invoice: open.id,
    is_default: true,
    payment: { type: 'payment_intent', payment_intent: intent },
    status: 'open',
  });
  return open;
}

/** Takes the money for an open invoice. */
export function pay(book: Book, invoice: Invoice): Invoice {
  const payment = paymentOf(book, invoice);
  if (payment === null) return markPaid(book, invoice);
  const intent = book.must('payment_intent', payment.payment.payment_intent);
  const charge = book.put<Charge>({
    id: book.newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_refunded: 0,
    created: book.now(),
    currency: intent.currency,
    customer: intent.customer,
    disputed: false,
    livemode: false,
    paid: true,
    payment_intent: intent.id,
    refunded: false,
    status: 'succeeded',
  });
  book.put({ ...intent, latest_charge: charge.id, status: 'succeeded' });
  book.put({ ...payment, amount_paid: intent.amount, status: 'paid' });
  book.emit('charge.succeeded', charge);
  return markPaid(book, invoice);
}

/** The bank refuses the payment of an open invoice. */
export function decline(book: Book, invoice: Invoice): Invoice {
  const tried = book.put<Invoice>({ ...invoice, attempted: true, attempt_count: invoice.attempt_count + 1 });
  book.emit('invoice.payment_failed', tried);
  return tried;
}

export function voidInvoice(book: Book, invoice: Invoice): void {
  const status_transitions = { ...invoice.status_transitions, voided_at: book.now() };
  book.emit('invoice.voided', book.put<Invoice>({ ...invoice, status: 'void', status_transitions }));
}

/** The payment that is expected or was made for an invoice; null: it needs none. */
export function paymentOf(book: Book, { id }: Invoice) {
  return book.all('invoice_payment').find(({ invoice }) => invoice === id) ?? null;
}

/** The invoices of a subscription, newest first. */
export function invoicesOf(book: Book, subscription: string): Invoice[] {
  return book.all('invoice').filter(({ parent }) => parent.subscription_details.subscription === subscription);
}

/** The charges of a subscription's newest paid invoice. */
export function newestCharges(book: Book, subscription: string): Charge[] {
  const paid = invoicesOf(book, subscription).find(({ status }) => status === 'paid');
  const payment = paid && paymentOf(book, paid);
  if (!payment) return [];
  return book.all('charge').filter(({ payment_intent }) => payment_intent === payment.payment.payment_intent);
}

function markPaid(book: Book, invoice: Invoice): Invoice {
  const paid = book.put<Invoice>({
    ...invoice,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempted: true,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: book.now() },
  });
  book.emit('invoice.paid', paid);
  return paid;
}
