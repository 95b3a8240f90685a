import { expect, test } from 'vitest';
import type { Catalogue } from '#queues/ports/provider.ts';
import { readCosts } from '#queues/upkeep/costs.ts';
import { createUpkeep } from '#queues/upkeep/upkeep.ts';
import { buy, settle } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const plan = (id: string, monthlyCost: number) => ({
  id,
  monthlyCost,
  currency: 'USD',
  cpus: 1,
  memoryMb: 1024,
  locations: ['ewr'],
});
const catalogue: Catalogue = { locations: [], plans: [plan('small', 5.1), plan('large', 20)] };
const costs = (offer: Catalogue | null = catalogue) =>
  readCosts({ store: place.store, provider: 'simulator', catalogue: async () => offer });
const inventory = async () => {
  const { store, provider, deps } = place;
  const upkeep = createUpkeep({
    store,
    provider,
    dns: null,
    installation: 'test',
    keptDays: { answers: 7, deliveries: 30, jobs: 90, machines: 400, servers: 400, workers: 1 },
    now: deps.now,
    log: quiet,
    holder: 'one',
    onReport: () => undefined,
    statementZone: 'UTC',
    hasPayments: false,
  });
  await upkeep.runOnce(new AbortController().signal);
};
const cost = (kind: string, amount: number) => ({ kind, provider: 'simulator', currency: 'USD', amount });

test('there are no costs before a worker has read the catalogue', async () => {
  await place.bought();
  expect(await costs(null)).toEqual([]);
});

test('machines cost the price of their plans; other providers and discontinued plans count as 0', async () => {
  for (const order of [{ plan: 'small' }, { plan: 'small' }, { plan: 'small' }, { plan: 'large' }, { plan: 'gone' }])
    await buy(place.store, order);
  await buy(place.store, { plan: 'large', provider: 'vultr' });
  expect(await costs()).toEqual([cost('owned', 35.3), cost('orphan', 0)]);
});

test('orphans are the machines left by failed jobs, and those without a row', async () => {
  const { job } = await buy(place.store, { plan: 'large' });
  await settle(place.store, job.id, { end: 'failed', error: 'No.', leftover: 'abandoned' });
  const stray = { name: 'gf-srv-lost-1', owner: { installation: 'test', serverId: 'srv-lost' }, plan: 'small' };
  const { id } = place.provider.put(stray);
  await inventory();
  expect(await costs()).toEqual([cost('owned', 0), cost('orphan', 25.1)]);

  place.provider.vanish(id);
  await inventory();
  expect((await costs())[1]?.amount).toBe(20);
});

test('an inventory that cannot list keeps the orphans of the last listing', async () => {
  place.provider.put({ name: 'gf-srv-lost-1', owner: { installation: 'test', serverId: 'srv-lost' }, plan: 'small' });
  await inventory();
  place.provider.fail('list', new Error('Away.'));
  await inventory().catch(() => undefined);
  expect((await costs())[1]?.amount).toBe(5.1);
});
