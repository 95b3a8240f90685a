import { newestCharges } from './billing.ts';
import type { Book } from './book.ts';
import type { Dispute, Subscription } from './shapes.ts';

export interface RefundOrder {
  /** In the currency's smallest unit; null: all that is left. */
  readonly amount: number | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly status: 'succeeded' | 'failed';
}

/** Gives back what the newest paid invoice brought. */
export function refund(book: Book, { id }: Subscription, { amount, metadata, status }: RefundOrder): void {
  for (const charge of newestCharges(book, id)) {
    const returned = Math.min(amount ?? charge.amount, charge.amount - charge.amount_refunded);
    const { id: ofCharge, payment_intent, currency } = charge;
    const shared = { object: 'refund', created: book.now(), currency, payment_intent, charge: ofCharge } as const;
    const made = book.put({ ...shared, id: book.newId('re'), amount: returned, metadata: { ...metadata }, status });
    book.emit('refund.created', made);
    if (status === 'failed') {
      book.emit('refund.failed', made);
      continue;
    }
    const amount_refunded = charge.amount_refunded + returned;
    const changed = book.put({ ...charge, amount_refunded, refunded: amount_refunded === charge.amount });
    book.emit('charge.refunded', changed);
  }
}

/** The bank takes the newest payment back, on the word of the card's owner. */
export function dispute(book: Book, { id }: Subscription): void {
  for (const charge of newestCharges(book, id)) {
    const { amount, currency, payment_intent } = charge;
    book.put({ ...charge, disputed: true });
    const made = book.put<Dispute>({
      id: book.newId('dp'),
      object: 'dispute',
      amount,
      charge: charge.id,
      created: book.now(),
      currency,
      livemode: false,
      payment_intent,
      reason: 'fraudulent',
      status: 'needs_response',
    });
    book.emit('charge.dispute.created', made);
  }
}

/** The bank decides the open disputes about the newest payment. */
export function decideDispute(book: Book, { id }: Subscription, status: 'won' | 'lost'): void {
  const charges = newestCharges(book, id).map((charge) => charge.id);
  const open = book.all('dispute').filter((one) => charges.includes(one.charge) && one.status === 'needs_response');
  for (const one of open) book.emit('charge.dispute.closed', book.put<Dispute>({ ...one, status }));
}
