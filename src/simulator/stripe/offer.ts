import type { Book } from './book.ts';
import type { Price } from './shapes.ts';

/** What the simulated shop sells for each cloud: from the smallest plan up, and in these places. */
const shops = {
  vultr: {
    plans: ['vc2-1c-1gb', 'vc2-1c-2gb', 'vc2-2c-4gb'],
    places: ['fra', 'ams', 'cdg', 'lhr', 'ewr', 'sgp'],
  },
  digitalocean: {
    plans: ['s-1vcpu-1gb', 's-1vcpu-2gb', 's-2vcpu-4gb'],
    places: ['fra1', 'ams3', 'lon1', 'nyc3', 'sgp1'],
  },
  hetzner: { plans: ['cx23', 'cx33'], places: ['fsn1', 'nbg1', 'hel1'] },
} as const;
export type ShopName = keyof typeof shops;
export const shopNames = ['vultr', 'digitalocean', 'hetzner'] as const satisfies readonly ShopName[];

/** By size. Amounts in cents of a dollar. */
const sizes = [
  { name: 'VPN small', amount: 900 },
  { name: 'VPN medium', amount: 1_500 },
  { name: 'VPN large', amount: 2_900 },
];

/** Makes the products and prices of this cloud, once. Those of other clouds in the data file are not sold any more. */
export function stockShop(book: Book, shop: ShopName): void {
  for (const other of shopNames) if (other !== shop) stopSelling(book, other);
  for (const [size, plan] of shops[shop].plans.entries()) sell(book, plan, sizes[size] ?? { name: plan, amount: 0 });
}

/** The places in which the shop sells now. */
export function placesOf(book: Book): readonly string[] {
  const open = shopNames.find((name) => shops[name].plans.some((plan) => book.get('price', priceId(plan))?.active));
  return open === undefined ? [] : shops[open].places;
}

function stopSelling(book: Book, shop: ShopName): void {
  for (const plan of shops[shop].plans) {
    const price = book.get('price', priceId(plan));
    if (price?.active) book.put<Price>({ ...price, active: false });
  }
}

function sell(book: Book, plan: string, { name, amount }: { name: string; amount: number }): void {
  const price = book.get('price', priceId(plan));
  if (price?.active) return;
  if (price) return void book.put<Price>({ ...price, active: true });
  const shared = { active: true, created: book.now(), livemode: false } as const;
  const product = `prod_${plan.replaceAll('-', '')}`;
  book.put({ ...shared, id: product, object: 'product', name, metadata: { ghostifi_plan: plan } });
  book.put(monthlyPrice(book, { id: priceId(plan), product, amount }));
}

function priceId(plan: string): string {
  return `price_${plan.replaceAll('-', '')}`;
}

interface PriceOrder {
  readonly id: string;
  readonly product: string;
  /** In cents of a dollar. */
  readonly amount: number;
}

function monthlyPrice(book: Book, { id, product, amount }: PriceOrder): Price {
  return {
    id,
    object: 'price',
    active: true,
    created: book.now(),
    currency: 'usd',
    livemode: false,
    metadata: {},
    product,
    recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed' },
    type: 'recurring',
    unit_amount: amount,
  };
}
