import type { z } from 'zod';
import type { Answer } from '#src/simulator/dialect.ts';
import type { Book } from './book.ts';
import { missing } from './errors.ts';
import type { checkoutSchema } from './orders.ts';
import type { Session } from './shapes.ts';

/** How long a customer may take to pay, in seconds. */
const checkoutSeconds = 24 * 3_600;

/** Opens the page where a customer pays for a subscription. */
export function openCheckout(book: Book, asked: z.infer<typeof checkoutSchema>, pageUrl: string): Answer {
  const [line] = asked.line_items;
  const price = line?.price ?? '';
  if (book.get('price', price) === null) return missing('price', price);
  const { metadata, trial_period_days = 0 } = asked.subscription_data;
  const id = book.newId('cs');
  const session = book.put<Session>({
    id,
    object: 'checkout.session',
    cancel_url: asked.cancel_url ?? null,
    client_reference_id: asked.client_reference_id ?? null,
    created: book.now(),
    customer: asked.customer ?? null,
    customer_email: asked.customer_email ?? null,
    expires_at: book.now() + checkoutSeconds,
    livemode: false,
    metadata: asked.metadata,
    mode: 'subscription',
    order: { price, quantity: line?.quantity ?? 1, metadata, trialDays: trial_period_days },
    payment_status: 'unpaid',
    status: 'open',
    subscription: null,
    success_url: asked.success_url,
    url: `${pageUrl}/pay/${id}`,
  });
  return { status: 200, body: session };
}

/** Opens the page where a customer changes the card or cancels. */
export function openPortal(book: Book, asked: { customer: string; return_url: string }, pageUrl: string): Answer {
  if (book.get('customer', asked.customer) === null) return missing('customer', asked.customer);
  const id = book.newId('bps');
  const session = book.put({
    id,
    object: 'billing_portal.session' as const,
    created: book.now(),
    customer: asked.customer,
    livemode: false,
    return_url: asked.return_url,
    url: `${pageUrl}/portal/${id}`,
  });
  return { status: 200, body: session };
}
