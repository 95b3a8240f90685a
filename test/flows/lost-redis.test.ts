import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, allRunWithin, calls, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ bootMs: 2_000 });
});
afterEach(() => world.close());

const firstMachines = (ids: readonly string[]) => ids.map((id) => `gf-${id}-1`);

test('waiting and active jobs finish with one machine each after all data in Redis is lost', {
  timeout: 90_000,
}, async () => {
  await world.startWorker({ WORKER_CONCURRENCY: '3' });
  const ids: string[] = [];
  for (let n = 0; n < 9; n += 1) ids.push((await world.buy()).server.id);
  await calls(world, 'create', 2);
  await world.redis.flush();
  await allRunWithin(world, ids, 80_000);
  await expectMachines(world, firstMachines(ids));
});

test('purchases are recorded at once while Redis is down, and run when it is back, without a restart', {
  timeout: 90_000,
}, async () => {
  await world.startWorker();
  await vi.waitFor(() => expect(world.connection.redis.status).toBe('ready'), soon);
  await world.redis.kill9();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    const askedAt = performance.now();
    ids.push((await world.buy()).server.id);
    expect(performance.now() - askedAt).toBeLessThan(1_000);
  }
  await world.redis.restart();
  await allAre(world, ids, 'running');
  await expectMachines(world, firstMachines(ids));
});
