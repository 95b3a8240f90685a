import type { Book } from './book.ts';
import type { Price } from './shapes.ts';

/** The three prices that the simulated shop sells, and the plans of the simulated cloud behind them. */
const offer = [
  { name: 'VPN small', plan: 'vc2-1c-1gb', amount: 900 },
  { name: 'VPN medium', plan: 'vc2-1c-2gb', amount: 1_500 },
  { name: 'VPN large', plan: 'vc2-2c-4gb', amount: 2_900 },
];

/** Makes the products and prices once; a data file may hold them already. */
export function stockShop(book: Book): void {
  if (book.all('price').length > 0) return;
  for (const { name, plan, amount } of offer) {
    const shared = { active: true, created: book.now(), livemode: false } as const;
    const id = plan.replaceAll('-', '');
    book.put({ ...shared, id: `prod_${id}`, object: 'product', name, metadata: { ghostifi_plan: plan } });
    book.put(monthlyPrice(book, { id: `price_${id}`, product: `prod_${id}`, amount }));
  }
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
