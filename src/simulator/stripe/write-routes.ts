import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Answer, Call, Route } from '#src/simulator/dialect.ts';
import { newestCharges } from './billing.ts';
import type { Book } from './book.ts';
import { errorAnswer, invalidParameter, missing, unknownParameter } from './errors.ts';
import { cancelAt, cancelNow, changePrice } from './life.ts';
import { objectAnswer } from './lists.ts';
import { checkoutSchema, portalSchema, refundSchema, updateSchema } from './orders.ts';
import { refund } from './returns.ts';
import { openCheckout, openPortal } from './sessions.ts';
import type { Subscription } from './shapes.ts';

/** The routes that change something. A repeated Idempotency-Key gets the first answer again. */
export function writeRoutes(book: Book, pageUrl: (call: Call) => string): readonly Route[] {
  const answers = new Map<string, { readonly asked: unknown; readonly answer: Answer }>();
  const once = (route: Route): Route => ({
    ...route,
    act: async (call, made) => {
      const key = call.idempotencyKey;
      const before = key === null ? undefined : answers.get(key);
      if (before && !isDeepStrictEqual(before.asked, call.body)) {
        return errorAnswer(409, 'Keys for idempotent requests can only be used with the same parameters.');
      }
      const answer = before?.answer ?? (await route.act(call, made));
      if (key !== null && answer.status < 500) answers.set(key, { asked: call.body, answer });
      await book.flush();
      return answer;
    },
  });
  return routes(book, pageUrl).map(once);
}

function routes(book: Book, pageUrl: (call: Call) => string): readonly Route[] {
  const subscriptions = '/v1/subscriptions/:id';
  return [
    {
      method: 'post',
      path: '/v1/checkout/sessions',
      operation: 'checkout',
      act: (call) => withBody(checkoutSchema, call, (order) => openCheckout(book, order, pageUrl(call))),
    },
    {
      method: 'post',
      path: '/v1/checkout/sessions/:id/expire',
      operation: 'checkout',
      act: (call) => expire(book, call),
    },
    {
      method: 'post',
      path: '/v1/billing_portal/sessions',
      operation: 'portal',
      act: (call) => withBody(portalSchema, call, (order) => openPortal(book, order, pageUrl(call))),
    },
    {
      method: 'post',
      path: subscriptions,
      operation: 'change-payment',
      act: (call) => withBody(updateSchema, call, (changes) => update(book, call, changes)),
    },
    { method: 'delete', path: subscriptions, operation: 'change-payment', act: (call) => cancel(book, call) },
    {
      method: 'post',
      path: '/v1/refunds',
      operation: 'change-payment',
      act: (call) => withBody(refundSchema, call, (order) => refundCharge(book, order)),
    },
  ];
}

/** Answers 400 for a body with an unknown or an invalid parameter. */
function withBody<T>(schema: z.ZodType<T>, { body }: Call, act: (body: T) => Answer): Answer {
  const parsed = schema.safeParse(body ?? {});
  if (parsed.success) return act(parsed.data);
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') return unknownParameter(bracketed([...issue.path, issue.keys[0] ?? '']));
  return invalidParameter(bracketed(issue?.path ?? []), issue?.message ?? 'Invalid request.');
}

/** A path as Stripe writes it: `subscription_data[metadata]`. */
function bracketed([first = '', ...rest]: readonly PropertyKey[]): string {
  return String(first) + rest.map((key) => `[${String(key)}]`).join('');
}

function expire(book: Book, { id }: Call): Answer {
  const session = book.get('checkout.session', id);
  if (session === null) return missing('checkout.session', id);
  if (session.status !== 'open')
    return errorAnswer(400, `Only open sessions can be expired: this is ${session.status}.`);
  const expired = book.put({ ...session, status: 'expired' as const });
  book.emit('checkout.session.expired', expired);
  return { status: 200, body: expired };
}

function update(book: Book, { id, query }: Call, changes: z.infer<typeof updateSchema>): Answer {
  const subscription = book.get('subscription', id);
  if (subscription === null) return missing('subscription', id);
  const price = changes.items?.[0]?.price;
  if (price !== undefined && book.get('price', price) === null) return missing('price', price);
  if (changes.metadata) merge(book, subscription, changes.metadata);
  if (changes.cancel_at !== undefined)
    cancelAt(book, subscription, changes.cancel_at === '' ? null : changes.cancel_at);
  if (changes.cancel_at_period_end !== undefined) {
    const { cancel_at_period_end } = changes;
    book.emit('customer.subscription.updated', book.put({ ...book.must('subscription', id), cancel_at_period_end }));
  }
  if (price !== undefined) changePrice(book, subscription, price);
  return objectAnswer(book, query, book.must('subscription', id));
}

/** An empty value removes its key. */
function merge(book: Book, subscription: Subscription, changes: Readonly<Record<string, string>>): void {
  const merged = Object.entries({ ...subscription.metadata, ...changes }).filter(([, value]) => value !== '');
  const before = subscription.metadata;
  const after = Object.fromEntries(merged);
  if (isDeepStrictEqual(before, after)) return;
  book.emit('customer.subscription.updated', book.put({ ...subscription, metadata: after }));
}

function cancel(book: Book, { id, query }: Call): Answer {
  const subscription = book.get('subscription', id);
  if (subscription === null) return missing('subscription', id);
  if (subscription.status !== 'canceled') cancelNow(book, subscription);
  return objectAnswer(book, query, book.must('subscription', id));
}

function refundCharge(book: Book, order: z.infer<typeof refundSchema>): Answer {
  const charge = book
    .all('charge')
    .find(({ id, payment_intent }) => id === order.charge || payment_intent === order.payment_intent);
  if (charge === undefined) return missing('charge', order.charge ?? order.payment_intent ?? '');
  if (charge.refunded) return errorAnswer(400, `Charge ${charge.id} has already been refunded.`);
  const subscription = book
    .all('subscription')
    .find(({ id }) => newestCharges(book, id).some(({ id }) => id === charge.id));
  if (subscription === undefined)
    return errorAnswer(400, 'The simulator refunds the newest payment of a subscription only.');
  refund(book, subscription, { amount: order.amount ?? null, metadata: order.metadata, status: 'succeeded' });
  const made = book.all('refund').find((one) => one.charge === charge.id);
  return { status: 200, body: made };
}
