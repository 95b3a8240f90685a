import { expect, test } from 'vitest';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { catalogueSetting, readOffer } from '#queues/upkeep/catalogue.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const { signal } = new AbortController();
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };

/** The gate of one process. */
const openGate = () => createProviderGate(place.provider, place.deps.now, () => place.clock.now.getTime());
const raise = ({ stock }: ReturnType<typeof openGate>) =>
  raiseRefusalAlerts({ store: place.store, gate: stock, whose: 'simulator', kind: 'no-capacity', now: place.deps.now });
const alerts = async () => (await place.store.readAlerts('no-capacity')).map(({ id, detail }) => [id, detail]);
const sold = async () =>
  (await readOffer(place.store, 'simulator'))?.plans.map(({ id, locations }) => [id, ...locations]);

/** A process in which the plan was sold out a moment ago. */
async function soldOut() {
  const gate = openGate();
  place.provider.fail('create', new ProviderError('capacity', 'None left.'));
  await expect(gate.provider.create(spec, signal)).rejects.toThrow('None left');
  await raise(gate);
  return gate;
}

test('a sold-out plan raises an alert and closes no gate', async () => {
  const gate = await soldOut();
  expect(await alerts()).toEqual([['no-capacity:small:ewr', { plan: 'small', location: 'ewr' }]]);
  expect([gate.waitMs(), gate.refusals()]).toEqual([0, []]);
});

test('it is not sold there meanwhile, and elsewhere it is', async () => {
  const offer = { cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ewr', 'ams'] };
  const plans = [
    { ...offer, id: 'small' },
    { ...offer, id: 'large' },
  ];
  await place.store.putSetting(catalogueSetting, { locations: [], plans }, place.clock.now);
  const gate = await soldOut();
  expect(await sold()).toEqual([
    ['small', 'ams'],
    ['large', 'ewr', 'ams'],
  ]);
  await gate.provider.create(spec, signal);
  place.later(11);
  await raise(gate);
  expect(await sold()).toContainEqual(['small', 'ewr', 'ams']);
});

test('an order that succeeds clears it', async () => {
  const gate = await soldOut();
  await gate.provider.create(spec, signal);
  place.later(11);
  await raise(gate);
  expect(await alerts()).toEqual([]);
});

test('it ends three minutes after the last refusal, and no other process ends it before', async () => {
  const gate = await soldOut();
  place.later(179);
  await raise(gate);
  await raise(openGate());
  expect(await alerts()).toHaveLength(1);
  place.later(11);
  await raise(gate);
  expect(await alerts()).toEqual([]);
});
