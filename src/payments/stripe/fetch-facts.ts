import type Stripe from 'stripe';
import type { SubscriptionFacts } from '#queues/ports/payments.ts';
import { readCharges, readChargesOf } from './charges.ts';
import { type Fetched, factsOf, idOf } from './facts.ts';

const productOfItem = 'items.data.price.product';

/** Reads a subscription and what decides about it, in two to four calls, and one for each disputed charge. */
export async function fetchFacts(stripe: Stripe, id: string): Promise<SubscriptionFacts> {
  const [subscription, invoices] = await Promise.all([
    stripe.subscriptions.retrieve(id, { expand: [productOfItem] }),
    stripe.invoices.list({ subscription: id, limit: 100, expand: ['data.payments'] }),
  ]);
  const newestFirst = invoices.data.toSorted((one, other) => finalizedAt(other) - finalizedAt(one));
  return factsOf({
    subscription,
    items: await itemsOf(stripe, subscription),
    ...(await paidIn(stripe, subscription, newestFirst)),
    owed: owedAfter(newestFirst),
  });
}

/** The paid invoices with their charges. Those of the newest one, which decides, are read in any case. */
async function paidIn(
  stripe: Stripe,
  { customer }: Stripe.Subscription,
  newestFirst: readonly Stripe.Invoice[],
): Promise<Pick<Fetched, 'paid' | 'paidEarlier'>> {
  const [newest, ...earlier] = newestFirst.filter(isPaid);
  if (newest === undefined) return { paid: null, paidEarlier: [] };
  const chargesOf = await readCharges(stripe, idOf(customer));
  const charges = chargesOf(newest) ?? (await readChargesOf(stripe, newest));
  return {
    paid: { invoice: newest, charges },
    paidEarlier: earlier.map((invoice) => ({ invoice, charges: chargesOf(invoice) })),
  };
}

/** The subscription shows its first ten items only. */
async function itemsOf(stripe: Stripe, { id, items }: Stripe.Subscription): Promise<Stripe.SubscriptionItem[]> {
  if (!items.has_more) return items.data;
  const all = await stripe.subscriptionItems.list({ subscription: id, limit: 100, expand: ['data.price.product'] });
  return all.data;
}

/** The oldest unpaid invoice since the newest paid one. The customer owes from then on. */
function owedAfter(newestFirst: readonly Stripe.Invoice[]): Stripe.Invoice | null {
  const paid = newestFirst.find(isPaid);
  const since = paid === undefined ? 0 : finalizedAt(paid);
  const owed = newestFirst.filter((invoice) => isOwed(invoice) && finalizedAt(invoice) >= since);
  return owed.at(-1) ?? null;
}

function isPaid({ status }: Stripe.Invoice): boolean {
  return status === 'paid';
}

function isOwed({ status }: Stripe.Invoice): boolean {
  return status === 'open' || status === 'uncollectible';
}

/** In seconds; a draft counts by its creation. */
function finalizedAt({ status_transitions, created }: Stripe.Invoice): number {
  return status_transitions.finalized_at ?? created;
}
