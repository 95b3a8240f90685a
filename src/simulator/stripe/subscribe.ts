import { draftInvoice, finalize, pay } from './billing.ts';
import type { Book } from './book.ts';
import { setStatus } from './life.ts';
import { periodFrom } from './periods.ts';
import type { Customer, Item, Session, Subscription } from './shapes.ts';

const daySeconds = 24 * 3_600;

/** How a customer confirms an order: pays, pays by a way that takes days, or is to confirm with the bank first. */
export type Confirmation = 'paid' | 'later' | 'bank';

/** The customer confirms a checkout: a subscription and its first invoice come to be. */
export function subscribe(book: Book, session: Session, how: Confirmation): Subscription {
  const customer = customerOf(book, session);
  const { trialDays } = session.order;
  const draft = book.put(newSubscription(book, session, customer));
  book.emit('customer.subscription.created', draft);
  const invoice = finalize(book, draftInvoice(book, draft, 'subscription_create'));
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
  const trial_end = order.trialDays > 0 ? now + order.trialDays * daySeconds : null;
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
