import { invoicesOf } from './billing.ts';
import type { Book } from './book.ts';
import { cancelNow, collect, renew, setStatus } from './life.ts';
import type { Subscription } from './shapes.ts';

/** A renewal's invoice stays a draft for this long, in seconds. */
const draftSeconds = 3_600;
/** An order that nobody confirms at the bank ends after this long, in seconds. */
const incompleteSeconds = 23 * 3_600;

/** Does everything that the time has made due since the last call, in order, one step of each subscription after another. */
export function passTime(book: Book): void {
  for (const { id } of book.all('subscription').reverse()) {
    // Each step moves something into the future, so this ends; the limit only guards against an error here.
    for (let steps = 0; steps < 1_000 && step(book, book.must('subscription', id)); steps++);
  }
  for (const session of book.all('checkout.session')) {
    if (session.status !== 'open' || session.expires_at > book.now()) continue;
    book.emit('checkout.session.expired', book.put({ ...session, status: 'expired' as const }));
  }
}

/** Does the first thing that is due; false: nothing is. */
function step(book: Book, subscription: Subscription): boolean {
  const act = dueAct(book, subscription);
  act?.();
  return act !== null;
}

function dueAct(book: Book, subscription: Subscription): (() => void) | null {
  const { id, status, created, cancel_at } = subscription;
  const now = book.now();
  if (status === 'canceled' || status === 'incomplete_expired') return null;
  if (status === 'incomplete') return now >= created + incompleteSeconds ? () => expire(book, subscription) : null;
  if (cancel_at !== null && now >= cancel_at) return () => cancelNow(book, subscription);
  const draft = invoicesOf(book, id).find((invoice) => invoice.status === 'draft');
  if (draft !== undefined) return now >= draft.created + draftSeconds ? () => collect(book, subscription) : null;
  return now >= periodEnd(subscription) && status !== 'paused' ? () => beginPeriod(book, subscription) : null;
}

function expire(book: Book, subscription: Subscription): void {
  book.put({ ...subscription, ended_at: book.now() });
  setStatus(book, subscription.id, 'incomplete_expired');
}

function beginPeriod(book: Book, subscription: Subscription): void {
  if (subscription.cancel_at_period_end) {
    cancelNow(book, subscription);
    return;
  }
  if (subscription.status === 'trialing') setStatus(book, subscription.id, 'active');
  renew(book, subscription);
}

function periodEnd({ items }: Subscription): number {
  return Math.min(...items.data.map(({ current_period_end }) => current_period_end));
}
