import type Stripe from 'stripe';
import type { SubscriptionFacts } from '#queues/ports/payments.ts';
import { chargesOf } from './charges.ts';
import { factsOf } from './facts.ts';

const productOfItem = 'items.data.price.product';

/** Reads a subscription and what decides about it, in two to five calls. */
export async function fetchFacts(stripe: Stripe, id: string): Promise<SubscriptionFacts> {
  const [subscription, invoices] = await Promise.all([
    stripe.subscriptions.retrieve(id, { expand: [productOfItem] }),
    stripe.invoices.list({ subscription: id, limit: 100, expand: ['data.payments'] }),
  ]);
  const newestFirst = invoices.data.toSorted((one, other) => finalizedAt(other) - finalizedAt(one));
  const paid = newestFirst.find(({ status }) => status === 'paid') ?? null;
  return factsOf({
    subscription,
    items: await itemsOf(stripe, subscription),
    paid: paid && { invoice: paid, charges: await chargesOf(stripe, paid) },
    owed: owedAfter(newestFirst, paid),
  });
}

/** The subscription shows its first ten items only. */
async function itemsOf(stripe: Stripe, { id, items }: Stripe.Subscription): Promise<Stripe.SubscriptionItem[]> {
  if (!items.has_more) return items.data;
  const all = await stripe.subscriptionItems.list({ subscription: id, limit: 100, expand: ['data.price.product'] });
  return all.data;
}

/** The oldest unpaid invoice since the newest paid one. The customer owes from then on. */
function owedAfter(newestFirst: readonly Stripe.Invoice[], paid: Stripe.Invoice | null): Stripe.Invoice | null {
  const since = paid === null ? 0 : finalizedAt(paid);
  const owed = newestFirst.filter((invoice) => isOwed(invoice) && finalizedAt(invoice) >= since);
  return owed.at(-1) ?? null;
}

function isOwed({ status }: Stripe.Invoice): boolean {
  return status === 'open' || status === 'uncollectible';
}

/** In seconds; a draft counts by its creation. */
function finalizedAt({ status_transitions, created }: Stripe.Invoice): number {
  return status_transitions.finalized_at ?? created;
}
