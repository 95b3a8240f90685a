import type Stripe from 'stripe';
import type { Payments } from '#queues/ports/payments.ts';
import { eventTypes } from '#src/payments/stripe/event-types.ts';
import { fetchFacts } from '#src/payments/stripe/fetch-facts.ts';
import { subscriptionOf } from '#src/payments/stripe/related.ts';
import type { Book } from '#src/simulator/stripe/book.ts';
import type { Kind, Subscription } from '#src/simulator/stripe/shapes.ts';

const taken: ReadonlySet<string> = new Set(eventTypes);

/** The product's reads of Stripe over a book, with the objects that its API would give. */
export function withoutSdk(book: Book): Payments {
  const stripe = sdkOver(book);
  const nothing = () => Promise.reject(new Error('This is for reads and marks only.'));
  return {
    subscription: async (id) => (book.get('subscription', id) ? fetchFacts(stripe, id) : null),
    subscriptionOf: (id) => subscriptionOf(stripe, id).catch(() => null),
    clientReference: async (id) =>
      book.all('checkout.session').find(({ subscription }) => subscription === id)?.client_reference_id ?? null,
    eventsSince: async (since) =>
      book
        .all('event')
        .filter(({ created, type }) => created * 1_000 >= since.getTime() - 999 && taken.has(type))
        .reverse()
        .map(({ id, type, livemode, created, data: { object } }) => {
          const createdAt = new Date(created * 1_000);
          return { id, type, objectId: String(object.id), livemode, createdAt };
        }),
    subscriptions: async () => ({ ids: book.all('subscription').map(({ id }) => id), next: null }),
    mark: async (id, { serverId, installation }) => {
      const before = book.must('subscription', id);
      const metadata = { ...before.metadata, ghostifi_server: serverId, ghostifi_installation: installation };
      if (before.metadata.ghostifi_server === serverId) return;
      book.emit('customer.subscription.updated', book.put<Subscription>({ ...before, metadata }));
    },
    prices: nothing,
    createCheckout: nothing,
    createPortal: nothing,
  };
}

/** The part of the SDK that the reads use. */
function sdkOver(book: Book): Stripe {
  const one = (kind: Kind) => ({ retrieve: async (id: string) => book.must(kind, id) });
  const list = (data: readonly unknown[]) => ({ data, has_more: false });
  const invoices = (id: string) =>
    book.all('invoice').filter(({ parent }) => parent.subscription_details.subscription === id);
  const paymentsOf = (invoice: string) => list(book.all('invoice_payment').filter((one) => one.invoice === invoice));
  const sdk = {
    subscriptions: { retrieve: async (id: string) => withProducts(book, book.must('subscription', id)) },
    invoices: {
      ...one('invoice'),
      list: async ({ subscription }: { subscription: string }) =>
        list(invoices(subscription).map((invoice) => ({ ...invoice, payments: paymentsOf(invoice.id) }))),
    },
    charges: {
      ...one('charge'),
      list: async ({ customer }: { customer: string }) => {
        const charges = book.all('charge').filter((charge) => charge.customer === customer);
        const refunds = book.all('refund');
        return list(
          charges.map((charge) => ({
            ...charge,
            refunds: list(refunds.filter((refund) => refund.charge === charge.id)),
          })),
        );
      },
    },
    disputes: {
      ...one('dispute'),
      list: async ({ charge }: { charge: string }) => list(book.all('dispute').filter((one) => one.charge === charge)),
    },
    refunds: one('refund'),
    checkout: { sessions: one('checkout.session') },
    invoicePayments: {
      list: async ({ payment }: { payment: { payment_intent: string } }) =>
        list(book.all('invoice_payment').filter((one) => one.payment.payment_intent === payment.payment_intent)),
    },
  };
  return sdk as unknown as Stripe;
}

function withProducts(book: Book, subscription: Subscription) {
  const data = subscription.items.data.map((item) => ({
    ...item,
    price: { ...item.price, product: book.must('product', item.price.product) },
  }));
  return { ...subscription, items: { ...subscription.items, data } };
}
