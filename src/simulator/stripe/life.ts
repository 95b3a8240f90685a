import { amountOf, decline, draftInvoice, finalize, invoicesOf, pay, voidInvoice } from './billing.ts';
import type { Book } from './book.ts';
import { periodFrom } from './periods.ts';
import type { Customer, Item, Session, Subscription } from './shapes.ts';

export const day = 24 * 3_600;

/** How a customer confirms an order: pays, pays by a way that takes days, or is to confirm with the bank first. */
export type Confirmation = 'paid' | 'later' | 'bank';

/** The customer confirms a checkout: a subscription and its first invoice come to be. */
export function subscribe(book: Book, session: Session, how: Confirmation): Subscription {
  const customer = customerOf(book, session);
  const { trialDays } = session.order;
  const draft = book.put(newSubscription(book, session, customer));
  book.emit('customer.subscription.created', draft);
  const amount = trialDays > 0 ? 0 : amountOf(draft);
  const invoice = finalize(book, draftInvoice(book, draft, { reason: 'subscription_create', amount }));
  if (how === 'paid' && invoice.status === 'open') pay(book, invoice);
  const isActive = how !== 'bank' || invoice.status === 'paid';
  if (isActive) setStatus(book, draft.id, trialDays > 0 ? 'trialing' : 'active');
  const payment_status = how === 'paid' ? 'paid' : 'unpaid';
  const done = {
    ...session,
    customer: customer.id,
    subscription: draft.id,
    payment_status,
    status: 'complete',
  } as const;
  book.put<Session>(done);
  if (how !== 'bank') book.emit('checkout.session.completed', done);
  return book.must('subscription', draft.id);
}

/** A new period begins. Its invoice is a draft for an hour, and then the card is asked. */
export function renew(book: Book, { id }: Subscription): void {
  const subscription = book.must('subscription', id);
  const data = subscription.items.data.map(
    (item): Item => ({ ...item, ...periodFrom(item.current_period_end, item.price) }),
  );
  const next = book.put<Subscription>({ ...subscription, items: { ...subscription.items, data } });
  draftInvoice(book, next, { reason: 'subscription_cycle', amount: amountOf(next) });
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

function customerOf(book: Book, { customer, customer_email }: Session): Customer {
  const earlier = customer === null ? null : book.get('customer', customer);
  if (earlier !== null) return earlier;
  const shared = { object: 'customer', created: book.now(), livemode: false, card: 'accepted' } as const;
  return book.put<Customer>({ ...shared, id: book.newId('cus'), email: customer_email });
}

function newSubscription(book: Book, { order }: Session, { id: customer }: Customer): Subscription {
  const now = book.now();
  const id = book.newId('sub');
  const price = book.must('price', order.price);
  const trial_end = order.trialDays > 0 ? now + order.trialDays * day : null;
  const period =
    trial_end === null ? periodFrom(now, price) : { current_period_start: now, current_period_end: trial_end };
  const item: Item = {
    ...period,
    id: book.newId('si'),
    object: 'subscription_item',
    created: now,
    metadata: {},
    price,
    quantity: order.quantity,
    subscription: id,
  };
  return {
    id,
    object: 'subscription',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    collection_method: 'charge_automatically',
    created: now,
    currency: price.currency,
    customer,
    ended_at: null,
    items: { object: 'list', data: [item], has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: false,
    metadata: { ...order.metadata },
    start_date: now,
    status: 'incomplete',
    trial_end,
    trial_start: trial_end === null ? null : now,
  };
}
