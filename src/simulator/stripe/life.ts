import { decline, draftInvoice, finalize, invoicesOf, pay, voidInvoice } from './billing.ts';
import type { Book } from './book.ts';
import { periodFrom } from './periods.ts';
import type { Customer, Item, Subscription } from './shapes.ts';

/** A new period begins. Its invoice is a draft for an hour, and then the card is asked. */
export function renew(book: Book, { id }: Subscription): void {
  const subscription = book.must('subscription', id);
  const data = subscription.items.data.map(
    (item): Item => ({ ...item, ...periodFrom(item.current_period_end, item.price) }),
  );
  const next = book.put<Subscription>({ ...subscription, items: { ...subscription.items, data } });
  draftInvoice(book, next, 'subscription_cycle');
  book.emit('customer.subscription.updated', book.must('subscription', id));
}

/** Finalizes the draft of a subscription, if it has one, and asks the customer's card. */
export function collect(book: Book, { id, customer }: Subscription): void {
  const draft = invoicesOf(book, id).find(({ status }) => status === 'draft');
  if (draft === undefined) return;
  const invoice = finalize(book, draft);
  if (invoice.status === 'paid') return;
  if (book.must('customer', customer).card === 'accepted') return void payAndRecover(book, id, invoice.id);
  decline(book, invoice);
  setStatus(book, id, 'past_due');
}

/** The customer pays every open invoice. */
export function recover(book: Book, { id, customer }: Subscription): void {
  book.put<Customer>({ ...book.must('customer', customer), card: 'accepted' });
  for (const { id: invoice } of invoicesOf(book, id)
    .filter(({ status }) => status === 'open')
    .reverse()) {
    payAndRecover(book, id, invoice);
  }
  if (book.must('subscription', id).status === 'paused') setStatus(book, id, 'active');
}

/** From now on the bank refuses the customer's card. */
export function refuseCard(book: Book, { customer }: Subscription): void {
  book.put<Customer>({ ...book.must('customer', customer), card: 'declined' });
}

/** Ends the subscription now. What is open is not collected any more. */
export function cancelNow(book: Book, { id }: Subscription): void {
  for (const invoice of invoicesOf(book, id)) if (invoice.status === 'open') voidInvoice(book, invoice);
  const now = book.now();
  const canceled_at = book.must('subscription', id).canceled_at ?? now;
  const ended = book.put<Subscription>({
    ...book.must('subscription', id),
    status: 'canceled',
    ended_at: now,
    canceled_at,
  });
  book.emit('customer.subscription.deleted', ended);
}

/** Sets the end that the customer asked for, as the portal does; null: the customer has changed their mind. */
export function cancelAt(book: Book, { id }: Subscription, at: number | null): void {
  const canceled_at = at === null ? null : book.now();
  const changed = book.put<Subscription>({ ...book.must('subscription', id), cancel_at: at, canceled_at });
  book.emit('customer.subscription.updated', changed);
}

/** Another price from now on; the difference comes with the next invoice. */
export function changePrice(book: Book, { id }: Subscription, price: string): void {
  const subscription = book.must('subscription', id);
  const data = subscription.items.data.map(
    (item, index): Item => (index === 0 ? { ...item, price: book.must('price', price) } : item),
  );
  const changed = book.put<Subscription>({ ...subscription, items: { ...subscription.items, data } });
  book.emit('customer.subscription.updated', changed);
}

export function pause(book: Book, { id }: Subscription): void {
  const paused = setStatus(book, id, 'paused');
  book.emit('customer.subscription.paused', paused);
}

export function setStatus(book: Book, id: string, status: Subscription['status']): Subscription {
  const before = book.must('subscription', id);
  const after = book.put<Subscription>({ ...before, status });
  if (before.status !== status) book.emit('customer.subscription.updated', after);
  return after;
}

function payAndRecover(book: Book, subscription: string, invoice: string): void {
  pay(book, book.must('invoice', invoice));
  const { status } = book.must('subscription', subscription);
  const isOwing = status === 'past_due' || status === 'unpaid' || status === 'incomplete';
  const isPaid = !invoicesOf(book, subscription).some((other) => other.status === 'open');
  if (isOwing && isPaid) setStatus(book, subscription, 'active');
}
