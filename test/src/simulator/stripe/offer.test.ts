import { expect, test } from 'vitest';
import { digitalocean } from '#src/cloud/digitalocean/cloud.ts';
import { hetzner } from '#src/cloud/hetzner/cloud.ts';
import { vultr } from '#src/cloud/vultr/cloud.ts';
import { sizes } from '#src/simulator/digitalocean/catalogue.ts';
import { serverTypes } from '#src/simulator/hetzner/catalogue.ts';
import { Book } from '#src/simulator/stripe/book.ts';
import { placesOf, type ShopName, stockShop } from '#src/simulator/stripe/offer.ts';
import { regions, plans as vultrPlans } from '#src/simulator/vultr/catalogue.ts';
import { manualClock } from '../manual-clock.ts';

const emptyBook = () => new Book(manualClock(), [], async () => undefined);

/** The plans that the shop sells, with the smallest first. */
function soldPlans(book: Book): (string | undefined)[] {
  const active = book.all('price').filter((price) => price.active);
  return active.map(({ product }) => book.must('product', product).metadata.ghostifi_plan).reverse();
}

/** The places of each plan of the simulated clouds. */
const catalogues: Readonly<Record<ShopName, ReadonlyMap<string, readonly string[]>>> = {
  vultr: new Map(
    vultrPlans.map(({ id, locations }) => [id, locations.filter((one) => regions.some(({ id }) => id === one))]),
  ),
  digitalocean: new Map(sizes.map(({ slug, regions }) => [slug, regions])),
  hetzner: new Map(serverTypes.map(({ name, prices }) => [name, prices.map(({ location }) => location)])),
};
const defaults = { vultr, digitalocean, hetzner };

test.each(['vultr', 'digitalocean', 'hetzner'] as const)(
  'the shop sells plans of %s in places that have them',
  (shop) => {
    const book = emptyBook();
    stockShop(book, shop);
    expect(soldPlans(book)[0]).toBe(defaults[shop].defaultPlan.id);
    expect(placesOf(book).length).toBeGreaterThan(2);
    for (const plan of soldPlans(book)) {
      expect(catalogues[shop].get(plan ?? '')).toEqual(expect.arrayContaining([...placesOf(book)]));
    }
  },
);

test('a shop that opens for another cloud sells nothing of the first one, and the first one again later', () => {
  const book = emptyBook();
  stockShop(book, 'vultr');
  const first = soldPlans(book);
  stockShop(book, 'hetzner');
  expect(soldPlans(book)).toEqual(['cx23', 'cx33']);
  expect(placesOf(book)).toContain('fsn1');
  stockShop(book, 'vultr');
  expect(soldPlans(book)).toEqual(first);
  expect(placesOf(book)).toContain('fra');
});
