import type { Catalogue, Location, Plan } from '#queues/ports/provider.ts';
import type { Pricing, ServerType } from './answers.ts';

/** The responses that the catalogue is made from. */
export interface Offer {
  readonly locations: readonly Location[];
  readonly types: readonly ServerType[];
  readonly pricing: Pricing;
  readonly now: Date;
}

type Price = ServerType['prices'][number];

/** The plans that can be ordered now. Hetzner bills the IPv4 address separately, so its price is added. */
export function catalogueOf({ locations, types, pricing, now }: Offer): Catalogue {
  const addressPrices = pricing.primary_ips.find(({ type }) => type === 'ipv4')?.prices ?? [];
  const plans = types.map((type): Plan => {
    const orderable = type.locations.filter((one) => isOrderable(one, now)).map(({ name }) => name);
    return {
      id: type.id,
      cpus: type.cores,
      memoryMb: Math.round(type.memory * 1024),
      monthlyCost: highestCost(type.prices, addressPrices, orderable),
      currency: pricing.currency,
      locations: orderable,
    };
  });
  return { locations, plans };
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

function isOrderable({ available, deprecation }: ServerType['locations'][number], now: Date): boolean {
  return available && (deprecation === null || new Date(deprecation.unavailable_after) > now);
}
