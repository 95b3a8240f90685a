import { describe, expect, test } from 'vitest';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { type Catalogue, type MachineSpec, type Plan, ProviderError } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../fakes/provider.ts';

const { signal } = new AbortController();
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };
const small: Plan = { id: 'small', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ewr'] };
const catalogue: Catalogue = {
  locations: [{ id: 'ewr', city: 'New Jersey', country: 'US' }],
  plans: [small],
  images: ['windows', 'debian-12', 'debian-13'],
};
const noImage = (image: string) => new ProviderError('no-image', `Invalid image ${image}.`, { madeNothing: true });

/** The gate of a process at a provider that has these images. */
function scene(has: readonly string[] = ['debian-13', 'debian-12']) {
  const inner = fakeProvider();
  const clock = { ms: 0 };
  const orders: (string | undefined)[] = [];
  const stocked = { images: has };
  const create = async (order: MachineSpec) => {
    orders.push(order.image);
    if (!stocked.images.includes(order.image ?? '')) throw noImage(order.image ?? 'none');
    return inner.create(order, signal);
  };
  const gate = createProviderGate(
    { ...inner, create },
    () => new Date(clock.ms),
    () => clock.ms,
  );
  const order = (changes: Partial<MachineSpec> = {}) =>
    gate.provider.create({ ...spec, ...changes }, signal).then(
      () => 'made',
      ({ fault, message }) => `${fault}: ${message}`,
    );
  const subjects = () => gate.shelf.refusals().map(({ subject }) => subject);
  return { inner, clock, orders, stocked, gate, order, subjects };
}

describe('the image of an order', () => {
  test.each([
    [undefined, 'debian-13'],
    [['debian-12', 'debian-13'], 'debian-13'],
    [['debian-12', 'windows'], 'debian-12'],
  ])('if the provider lists %j is %s', async (images, chosen) => {
    const { gate, order, orders } = scene();
    gate.shelf.restock(images ? { ...catalogue, images } : { locations: catalogue.locations, plans: [small] });
    expect([await order(), orders]).toEqual(['made', [chosen]]);
  });

  test('is the next one that we support after a refusal, which holds the job for seconds only', async () => {
    const { order, orders, subjects } = scene(['debian-12']);
    expect(await order()).toBe('busy: Invalid image debian-13. The next order is for the image debian-12.');
    expect([await order(), orders, subjects()]).toEqual(['made', ['debian-13', 'debian-12'], []]);
  });

  test('that was refused although it is listed is tried again after an hour', async () => {
    const { gate, clock, stocked, order, orders } = scene(['debian-12']);
    gate.shelf.restock(catalogue);
    await order();
    stocked.images = ['debian-13', 'debian-12'];
    clock.ms += 3_599_000;
    await order({ name: 'gf-srv-1-2' });
    clock.ms += 1_000;
    await order({ name: 'gf-srv-1-3' });
    expect(orders).toEqual(['debian-13', 'debian-12', 'debian-13']);
  });

  test('an error that is not about the image leaves it as it is', async () => {
    const { inner, order, orders } = scene();
    inner.fail('create', new ProviderError('capacity', 'Sold out.'));
    expect([await order(), await order(), orders]).toEqual(['capacity: Sold out.', 'made', ['debian-13', 'debian-13']]);
  });
});

describe('without an image', () => {
  test('nothing is ordered while the provider lists none that we support, and orders resume by themselves', async () => {
    const { gate, order, orders, subjects } = scene();
    gate.shelf.restock({ ...catalogue, images: ['windows'] });
    expect(subjects()).toEqual(['image']);
    expect(await order()).toBe('no-image: simulator has none of the images debian-13, debian-12.');
    expect([orders, gate.waitMs(), gate.shelf.isOver('image')]).toEqual([[], 0, false]);
    gate.shelf.restock(catalogue);
    expect([await order(), subjects(), gate.shelf.isOver('image')]).toEqual(['made', [], true]);
  });

  test('and without a list each image is asked for in turn, until one is back', async () => {
    const { clock, stocked, order, orders, subjects } = scene([]);
    expect(await order()).toMatch(/^busy/);
    expect(subjects()).toEqual([]);
    clock.ms += 5_000;
    expect(await order()).toBe('no-image: Invalid image debian-12.');
    for (let minute = 1; minute <= 5; minute += 1) {
      expect(subjects()).toEqual(['image']);
      clock.ms += 60_000;
      expect(await order()).toMatch(/^no-image/);
    }
    stocked.images = ['debian-12'];
    clock.ms += 60_000;
    expect(await order()).toBe('made');
    expect([orders.slice(-3), subjects()]).toEqual([['debian-12', 'debian-13', 'debian-12'], []]);
  });

  test('the alert ends when no job asks any more', async () => {
    const { clock, order, subjects } = scene([]);
    await order();
    await order();
    clock.ms += 179_000;
    expect(subjects()).toEqual(['image']);
    clock.ms += 1_000;
    expect(subjects()).toEqual([]);
  });
});

describe('what the catalogue lacks', () => {
  const lacking: readonly (readonly [string, Catalogue, string])[] = [
    ['a location', { ...catalogue, locations: [] }, 'does not sell in ewr'],
    ['a plan', { ...catalogue, plans: [] }, 'does not sell the plan small'],
    ['a retired plan', { ...catalogue, plans: [{ ...small, soldIn: [] }] }, 'does not sell the plan small'],
    ['a plan there', { ...catalogue, plans: [{ ...small, soldIn: ['ams'] }] }, 'does not sell the plan small in ewr'],
  ];

  test.each(lacking)('%s is not ordered, and the order is made once it is back', async (_, without, words) => {
    const { gate, order, orders, subjects } = scene();
    gate.shelf.restock(without);
    expect(await order()).toBe(`not-offered: simulator ${words}.`);
    expect([orders, subjects(), gate.shelf.isOver('small:ewr')]).toEqual([[], ['small:ewr'], false]);
    gate.shelf.restock(catalogue);
    expect([await order(), subjects(), gate.shelf.isOver('small:ewr')]).toEqual(['made', [], true]);
  });

  test.each<[string, Catalogue]>([
    ['is only sold out', { ...catalogue, plans: [{ ...small, locations: [], soldIn: ['ewr'] }] }],
    [
      'is sold out at a provider that does not say where it is sold',
      { ...catalogue, plans: [{ ...small, locations: [] }] },
    ],
  ])('a plan that %s is ordered, since the answer decides', async (_, soldOut) => {
    const { gate, order } = scene();
    gate.shelf.restock(soldOut);
    expect(await order()).toBe('made');
  });

  test('the catalogue that this process has read itself counts at once', async () => {
    const { inner, gate, order } = scene();
    await gate.provider.catalogue(signal);
    expect(await order()).toBe('not-offered: simulator does not sell in ewr.');
    expect(inner.count('create')).toBe(0);
  });

  test('an answer of the provider counts like the catalogue, for three minutes', async () => {
    const { inner, clock, order, subjects } = scene();
    inner.fail('create', new ProviderError('not-offered', 'Invalid plan.'));
    expect(await order()).toBe('not-offered: Invalid plan.');
    clock.ms += 179_000;
    expect(subjects()).toEqual(['small:ewr']);
    clock.ms += 1_000;
    expect(subjects()).toEqual([]);
  });
});

test.each(['account', 'CLOUD', 'listing', 'DEFAULT_PLAN'])(
  'the alert about %s, which others raise, is never over here',
  (subject) => {
    expect(scene().gate.shelf.isOver(subject)).toBe(false);
  },
);
