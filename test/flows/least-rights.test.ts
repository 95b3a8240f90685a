import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addUser, documentedRights, refusals } from '../least-rights.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

test('a worker whose Redis user has the documented rights runs the whole life of servers', async () => {
  await world.startWorker({ REDIS_URL: await addUser(world.redis, documentedRights), REBUILD_GRACE_SECONDS: '1' });
  const ids = [await world.buy(), await world.buy()].map(({ server }) => server.id);
  const [first = '', second = ''] = ids;
  await allAre(world, ids, 'running');
  await world.rebuild(first);
  await world.destroy(second);
  await allAre(world, [second], 'destroyed');
  await allAre(world, [first], 'running');
  await vi.waitFor(() => expectMachines(world, [`gf-${first}-2`]), soon);
  expect(await refusals(world.redis)).toEqual([]);
});
