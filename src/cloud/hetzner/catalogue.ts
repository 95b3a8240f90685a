import type { Catalogue, Location, Plan } from '#queues/ports/provider.ts';
import type { Image, Pricing, ServerType } from './answers.ts';

/** The responses that the catalogue is made from. */
export interface Offer {
  readonly locations: readonly Location[];
  readonly types: readonly ServerType[];
  readonly images: readonly Image[];
  readonly pricing: Pricing;
  readonly now: Date;
}

type Price = ServerType['prices'][number];

/**
 * All plans with the locations where they can be ordered now, and those where they are sold at all. Hetzner bills the
 * IPv4 address separately, so its price is added. An image that is deprecated can still be ordered; GET /images has it
 * only with `include_deprecated`.
 */
export function catalogueOf({ locations, types, images, pricing, now }: Offer): Catalogue {
  const addressPrices = pricing.primary_ips.find(({ type }) => type === 'ipv4')?.prices ?? [];
  const plans = types.map((type): Plan => {
    const sold = type.locations.filter(({ deprecation }) => !isRetired(deprecation, now));
    const orderable = sold.filter(({ available }) => available).map(({ name }) => name);
    return {
      id: type.id,
      cpus: type.cores,
      memoryMb: Math.round(type.memory * 1024),
      monthlyCost: highestCost(type.prices, addressPrices, orderable),
      currency: pricing.currency,
      locations: orderable,
      soldIn: sold.map(({ name }) => name),
    };
  });
  const usable = images.filter(({ status }) => status === 'available');
  return { locations, plans, images: usable.flatMap(({ id, name }) => (name === null ? [id] : [name, id])) };
}

/** The highest price at these locations, or at all if the plan is sold out everywhere; to a hundredth of a cent. */
function highestCost(prices: readonly Price[], addressPrices: readonly Price[], locations: readonly string[]): number {
  const here = prices.filter(({ location }) => locations.length === 0 || locations.includes(location));
  const sums = here.map(({ location, price_monthly }) => {
    const address = addressPrices.find((one) => one.location === location);
    return price_monthly.net + (address?.price_monthly.net ?? 0);
  });
  return Math.round(Math.max(0, ...sums) * 10_000) / 10_000;
}

function isRetired(deprecation: ServerType['locations'][number]['deprecation'], now: Date): boolean {
  return deprecation !== null && new Date(deprecation.unavailable_after) <= now;
}
