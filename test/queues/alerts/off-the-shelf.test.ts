import { expect, test } from 'vitest';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { catalogueSetting, readOffer } from '#queues/upkeep/catalogue.ts';
import { createUpkeep } from '#queues/upkeep/upkeep.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const { signal } = new AbortController();
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };
const offer = {
  locations: [{ id: 'ewr', city: 'New Jersey', country: 'US' }],
  plans: [{ id: 'small', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ewr', 'ams'] }],
  images: ['debian-12'],
};

/** A worker process: its gate, and its repeated work. */
function startProcess(holder: string) {
  const { store, dns, deps, clock } = place;
  const gate = createProviderGate(place.provider, deps.now, () => clock.now.getTime());
  const about = { store, now: deps.now, whose: 'simulator', kind: 'configuration' } as const;
  const upkeep = createUpkeep({
    store,
    provider: gate.provider,
    dns,
    holder,
    keptDays: { answers: 7, deliveries: 30, jobs: 90, machines: 400, servers: 400, workers: 1 },
    now: deps.now,
    installation: 'test',
    log: quiet,
    onReport: () => undefined,
    statementZone: 'UTC',
    hasPayments: false,
  });
  return { gate, raise: () => raiseRefusalAlerts({ ...about, gate: gate.shelf }), pass: () => upkeep.runOnce(signal) };
}

const alerts = async () => (await place.store.readAlerts('configuration')).map(({ id }) => id);

test('a missing image raises an alert before the first order, and the list with an image clears it', async () => {
  const { gate, raise } = startProcess('one');
  gate.shelf.restock({ ...offer, images: [] });
  await raise();
  expect(await alerts()).toEqual(['configuration:image']);
  const [{ message } = { message: '' }] = await place.store.readAlerts('configuration');
  expect(message).toMatch(/^simulator has no image: .* no paid purchase fails\. Set MACHINE_IMAGE /);
  gate.shelf.restock(offer);
  place.later(11);
  await raise();
  expect(await alerts()).toEqual([]);
});

test('a pass of the inventory keeps the alert, until no process holds it any more', async () => {
  const { gate, raise, pass } = startProcess('one');
  await pass();
  gate.shelf.restock({ ...offer, images: [] });
  await raise();
  place.later(9);
  await pass();
  expect(await alerts()).toEqual(['configuration:image']);
  place.later(9);
  await pass();
  expect(await alerts()).toEqual([]);
});

test('the alert stays while another process still lacks its image', async () => {
  const [one, other] = [startProcess('one'), startProcess('two')];
  one.gate.shelf.restock({ ...offer, images: [] });
  other.gate.shelf.restock(offer);
  for (let n = 0; n < 10; n += 1) {
    await one.raise();
    await other.raise();
    expect(await alerts()).toEqual(['configuration:image']);
    place.later(2);
  }
});

test('the alerts of others, such as the inventory, are not cleared', async () => {
  const { raise } = startProcess('one');
  const alert = { id: 'configuration:CLOUD', kind: 'configuration', subject: 'CLOUD', message: 'It is wrong.' };
  await place.store.raiseAlert({ ...alert, raisedAt: place.clock.now, detail: null });
  place.later(60);
  await raise();
  expect(await alerts()).toEqual(['configuration:CLOUD']);
});

test('while orders wait the catalogue is read each minute, and else each hour', async () => {
  const { gate, raise, pass } = startProcess('one');
  const readAfter = async (seconds: number) => {
    const before = place.provider.count('catalogue');
    place.later(seconds);
    await raise();
    await pass();
    return place.provider.count('catalogue') - before;
  };
  expect(await readAfter(0)).toBe(1);
  expect(await readAfter(61)).toBe(0);
  gate.shelf.restock({ ...offer, images: [] });
  await raise();
  expect(await readAfter(1)).toBe(1);
  gate.shelf.restock({ ...offer, images: [] });
  expect(await readAfter(30)).toBe(0);
  gate.shelf.restock({ ...offer, images: [] });
  expect(await readAfter(30)).toBe(1);
});

test('a plan that the cloud does not sell at a location is not sold there meanwhile, whatever the catalogue says', async () => {
  const { gate, raise } = startProcess('one');
  await place.store.putSetting(catalogueSetting, offer, place.clock.now);
  place.provider.fail('create', new ProviderError('not-offered', 'unsupported location for server type'));
  await expect(gate.provider.create(spec, signal)).rejects.toThrow('unsupported');
  await raise();
  const [alert] = await place.store.readAlerts('configuration');
  expect(alert).toMatchObject({ id: 'configuration:small:ewr', detail: { plan: 'small', location: 'ewr' } });
  expect(alert?.message).toMatch(/unsupported location .* Paid orders for it wait, and none fails\./);
  expect((await readOffer(place.store, 'simulator'))?.plans).toMatchObject([{ locations: ['ams'] }]);
});
