import type { Call, Route } from '#src/simulator/dialect.ts';
import type { Book } from './book.ts';
import { missing, unknownParameter } from './errors.ts';
import { thinEvent } from './hooks.ts';
import { type Listing, listAnswer, objectAnswer } from './lists.ts';
import type { Kind, Kinds, Subscription } from './shapes.ts';

const same = (one: unknown, asked: string) => String(one) === asked;

/** Every list that can be read, with its filters. */
const listings = [
  listing({
    kind: 'subscription',
    path: 'subscriptions',
    filters: {
      customer: ({ customer }, asked) => customer === asked,
      price: ({ items }, asked) => items.data.some(({ price }) => price.id === asked),
      status: ({ status }, asked) => asked === 'all' || (asked === 'ended' ? isEnded(status) : status === asked),
    },
  }),
  listing({
    kind: 'invoice',
    path: 'invoices',
    filters: {
      subscription: ({ parent }, asked) => parent.subscription_details.subscription === asked,
      customer: ({ customer }, asked) => customer === asked,
      status: ({ status }, asked) => status === asked,
    },
  }),
  listing({
    kind: 'invoice_payment',
    path: 'invoice_payments',
    filters: {
      invoice: ({ invoice }, asked) => invoice === asked,
      'payment[type]': ({ payment }, asked) => payment.type === asked,
      'payment[payment_intent]': ({ payment }, asked) => payment.payment_intent === asked,
    },
  }),
  listing({
    kind: 'payment_intent',
    path: 'payment_intents',
    filters: { customer: ({ customer }, asked) => customer === asked },
  }),
  listing({
    kind: 'charge',
    path: 'charges',
    filters: {
      payment_intent: (one, asked) => one.payment_intent === asked,
      customer: (one, asked) => one.customer === asked,
    },
  }),
  listing({
    kind: 'refund',
    path: 'refunds',
    filters: {
      charge: (one, asked) => one.charge === asked,
      payment_intent: (one, asked) => one.payment_intent === asked,
    },
  }),
  listing({
    kind: 'dispute',
    path: 'disputes',
    filters: {
      charge: (one, asked) => one.charge === asked,
      payment_intent: (one, asked) => one.payment_intent === asked,
    },
  }),
  listing({
    kind: 'price',
    path: 'prices',
    filters: { active: ({ active }, asked) => same(active, asked), product: ({ product }, asked) => product === asked },
  }),
  listing({ kind: 'product', path: 'products', filters: { active: ({ active }, asked) => same(active, asked) } }),
  listing({
    kind: 'event',
    path: 'events',
    filters: {
      type: ({ type }, asked) => type === asked,
      types: ({ type }, asked) => type === asked,
      'created[gte]': ({ created }, asked) => created >= Number(asked),
      'created[gt]': ({ created }, asked) => created > Number(asked),
      'created[lte]': ({ created }, asked) => created <= Number(asked),
    },
  }),
  listing({
    kind: 'checkout.session',
    path: 'checkout/sessions',
    filters: { subscription: ({ subscription }, asked) => subscription === asked },
  }),
];

/** The routes that change nothing. */
export function readRoutes(book: Book): readonly Route[] {
  const account = { id: 'acct_simulator', object: 'account', charges_enabled: true, country: 'US', type: 'standard' };
  return [
    ...listings.flatMap((routesFor) => routesFor(book)),
    { method: 'get', path: '/v1/account', operation: 'account', act: () => ({ status: 200, body: account }) },
    {
      method: 'get',
      path: '/v2/core/events/:id',
      operation: 'events',
      act: ({ id }) => {
        const event = book.get('event', id);
        return event === null ? missing('event', id) : { status: 200, body: thinEvent(event) };
      },
    },
    {
      method: 'get',
      path: '/v1/subscription_items',
      operation: 'list-payments',
      act: (call) => itemsAnswer(book, call),
    },
  ];
}

/** The list of a kind, and one object of it by its id. The book may belong to any simulator. */
function listing<K extends Kind>(one: Listing<K>): (book: Book) => readonly Route[] {
  const { kind, path } = one;
  const operation = kind === 'event' ? 'events' : 'list-payments';
  return (book) => [
    { method: 'get', path: `/v1/${path}`, operation, act: (call) => listAnswer(book, call, one) },
    { method: 'get', path: `/v1/${path}/:id`, operation: 'read-payment', act: (call) => oneAnswer(book, kind, call) },
  ];
}

function oneAnswer(book: Book, kind: Kind, { id, query }: Call) {
  const object: Kinds[Kind] | null = book.get(kind, id);
  if (object === null) return missing(kind, id);
  const unknown = [...query.keys()].find((name) => !/^expand\[\d*\]$/.test(name));
  if (unknown !== undefined) return unknownParameter(unknown);
  return objectAnswer(book, query, object.object === 'subscription' ? withFirstItems(object) : object);
}

/** Stripe shows so many items of a subscription in the subscription itself. */
const itemsShown = 10;

function withFirstItems(subscription: Subscription): Subscription {
  const { items } = subscription;
  const data = items.data.slice(0, itemsShown);
  return { ...subscription, items: { ...items, data, has_more: data.length < items.data.length } };
}

function itemsAnswer(book: Book, { query }: Call) {
  const id = query.get('subscription') ?? '';
  const subscription = book.get('subscription', id);
  if (subscription === null) return missing('subscription', id);
  return objectAnswer(book, query, subscription.items);
}

function isEnded(status: string): boolean {
  return status === 'canceled' || status === 'incomplete_expired';
}
