import { afterEach, beforeEach, expect, test } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, allRunWithin } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ bootMs: 5_000 });
});
afterEach(() => world.close());

/** Listings of the whole installation. Listings for one machine are made once for each job and are not polling. */
const pollsOfTheCloud = async () => {
  const isPoll = /[?&]tag=ghostifi(:|%3A)test(&|$)/;
  return (await world.calls()).filter(({ operation, path }) => operation === 'list' && isPoll.test(path)).length;
};

test('each of two worker processes works on exactly five machines at concurrency five', {
  timeout: 90_000,
}, async () => {
  await world.startWorker({ WORKER_CONCURRENCY: '5' });
  await world.startWorker({ WORKER_CONCURRENCY: '5' });
  const ids: string[] = [];
  for (let n = 0; n < 24; n += 1) ids.push((await world.buy()).server.id);
  await allRunWithin(world, ids, 80_000);
  const { clients } = await world.concurrency();
  expect(clients.map(({ max }) => max)).toEqual([5, 5]);
});

test('polling the cloud does not grow with the number of machines that boot', {
  timeout: 150_000,
}, async () => {
  await world.startWorker({ WORKER_CONCURRENCY: '30' });
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  const forOne = await pollsOfTheCloud();
  expect(forOne).toBeGreaterThan(0);
  const ids: string[] = [];
  for (let n = 0; n < 30; n += 1) ids.push((await world.buy()).server.id);
  const boughtAt = performance.now();
  await allRunWithin(world, ids, 100_000);
  const expected = (performance.now() - boughtAt) / 300 + (performance.now() - boughtAt) / 20_000;
  // The shared listing runs at most every 0.3 s, and the inventory every 20 s, for any number of machines.
  expect((await pollsOfTheCloud()) - forOne).toBeLessThanOrEqual(Math.ceil(expected) + 2);
});
