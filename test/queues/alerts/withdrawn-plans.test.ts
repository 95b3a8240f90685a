import { expect, test } from 'vitest';
import { readWithdrawnPlans, recordWithdrawn } from '#queues/alerts/withdrawn-plans.ts';
import type { Plan } from '#queues/ports/provider.ts';
import { buy } from '../../db/conformance/fixture.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();

const plan = (id: string, soldIn?: string[]): Plan => ({
  id,
  cpus: 1,
  memoryMb: 1024,
  monthlyCost: 5,
  currency: 'USD',
  locations: soldIn ?? [],
  ...(soldIn && { soldIn }),
});
const runningWith = async (plan: string, provider = 'simulator') => {
  const { job } = await buy(place.store, { plan, provider, now: place.clock.now });
  await place.perform(job.id);
};
const read = (plans: readonly Plan[]) =>
  recordWithdrawn(place.store, {
    provider: 'simulator',
    catalogue: { locations: [], plans },
    now: place.clock.now,
  });
const alerts = async () =>
  (await readWithdrawnPlans(place)).map(({ subject, detail, raisedAt }) => [subject, detail, raisedAt]);

test('a plan that customers have and that leaves the catalogue raises an alert, until it is sold again', async () => {
  const since = place.clock.now;
  for (const id of ['small', 'small', 'large', 'huge']) await runningWith(id);
  await runningWith('odd', 'vultr');
  await buy(place.store, { plan: 'never-made' });
  await read([plan('small'), plan('large'), plan('huge')]);
  expect(await alerts()).toEqual([]);
  await read([plan('large', ['ewr']), plan('huge', [])]);
  place.later(3_600);
  await read([plan('large', ['ewr']), plan('huge', [])]);
  expect(await alerts()).toEqual([
    ['huge', { plan: 'huge', machines: '1' }, since],
    ['small', { plan: 'small', machines: '2' }, since],
  ]);
  await read([plan('small'), plan('large'), plan('huge')]);
  expect(await alerts()).toEqual([]);
});
