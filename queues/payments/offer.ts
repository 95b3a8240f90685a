import type { Release, Subscription } from '#db/payment-tables.ts';
import type { Hold, IgnoreReason } from '#db/subscriptions.ts';
import type { Offer } from '#db/transactions/payments/application.ts';
import type { Item, SubscriptionFacts } from '#queues/ports/payments.ts';
import type { Catalogue } from '#queues/ports/provider.ts';

/** Whose subscriptions this installation serves. */
export interface Ownership {
  readonly installation: string;
  readonly livemode: boolean;
}

/** Why a subscription that the database does not have concerns no server of this installation; null: it may. */
export function whyIgnored(facts: SubscriptionFacts, { installation, livemode }: Ownership): IgnoreReason | null {
  const named = facts.metadata.installation;
  if (facts.livemode !== livemode) return 'other-mode';
  if (named !== null && named !== installation) return 'other-installation';
  return named === null && soldItems(facts).length === 0 ? 'not-ours' : null;
}

/** The items that sell a plan of this product. */
function soldItems({ items }: SubscriptionFacts): Item[] {
  return items.filter(({ price }) => price.plan !== null);
}

/** The item that decides about plan and period; undefined: the subscription has no items. */
export function decidingItem(facts: SubscriptionFacts): Item | undefined {
  return soldItems(facts)[0] ?? facts.items[0];
}

export interface OfferSources {
  /** null: not read yet, so that every plan and location is taken for offered. */
  readonly catalogue: Catalogue | null;
  readonly defaultLocation: string | null;
  /** What an operator decided about the subscription; null: nothing. */
  readonly released: Release | null;
}

/** Which server a subscription pays for, and what holds it. */
export function offerOf(facts: SubscriptionFacts, sources: OfferSources): Offer {
  const price = decidingItem(facts)?.price;
  const { catalogue, released, defaultLocation } = sources;
  if (released !== null && released.priceId === (price?.id ?? null)) {
    const { plan, location } = released;
    return { plan, location, hold: null, holdOfNew: missing(catalogue, { plan, location }), isReleased: true };
  }
  const plan = idOrNull(price?.plan ?? null);
  const location = idOrNull(facts.metadata.location ?? price?.location ?? defaultLocation);
  const hold = planHold(facts, catalogue, plan);
  const holdOfNew = location === null || plan === null ? 'unknown-location' : missing(catalogue, { plan, location });
  return {
    plan: hold === null ? plan : null,
    location,
    hold,
    holdOfNew: hold === null ? holdOfNew : null,
    isReleased: false,
  };
}

function planHold(facts: SubscriptionFacts, catalogue: Catalogue | null, plan: string | null): Hold | null {
  const isSold = plan !== null && (catalogue === null || catalogue.plans.some(({ id }) => id === plan));
  if (!isSold) return 'unknown-plan';
  const servers = soldItems(facts).reduce((sum, { quantity }) => sum + quantity, 0);
  return servers === 1 ? null : 'quantity';
}

function missing(catalogue: Catalogue | null, { plan, location }: { plan: string; location: string }): Hold | null {
  if (catalogue === null) return null;
  if (!catalogue.locations.some(({ id }) => id === location)) return 'unknown-location';
  return catalogue.plans.some(({ id, locations }) => id === plan && locations.includes(location)) ? null : 'sold-out';
}

/** An id of the catalogue. Other text, which a person may have written into the metadata, names nothing. */
function idOrNull(text: string | null): string | null {
  return text !== null && /^[a-z0-9][a-z0-9._-]{0,63}$/.test(text) ? text : null;
}

/** The first of the names that fits into a line of 200 characters, else Stripe's own. */
export function customerOf(
  facts: SubscriptionFacts,
  clientReference: string | null,
  row: Pick<Subscription, 'customer'> | null,
): string {
  const names = [facts.metadata.customer, clientReference, row?.customer ?? null];
  return names.find(isLine) ?? facts.stripeCustomer;
}

export function isLine(text: string | null): text is string {
  return (
    text !== null &&
    text.length <= 200 &&
    /^[^\s\p{Cc}\p{Cs}\u2028\u2029]([^\p{Cc}\p{Cs}\u2028\u2029]*[^\s\p{Cc}\p{Cs}\u2028\u2029])?$/u.test(text)
  );
}
