import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allRunWithin, calls, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld({ bootMs: 8_000 });
});
afterEach(() => world.close());

test('SIGTERM takes no new job, hands back running jobs without an attempt, and exits with 0 within the grace', {
  timeout: 90_000,
}, async () => {
  const worker = await world.startWorker({ WORKER_CONCURRENCY: '3' });
  const bought = [await world.buy(), await world.buy(), await world.buy(), await world.buy(), await world.buy()];
  await calls(world, 'create', 3);
  const askedAt = performance.now();
  expect(await worker.stop()).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(30_000);
  const { queue } = world.connection;
  expect(await queue.getJobCounts('active', 'failed', 'completed')).toEqual({ active: 0, failed: 0, completed: 0 });
  for (const { job } of bought) expect((await queue.getJob(job.id))?.attemptsMade).toBe(0);

  await world.startWorker();
  await allRunWithin(
    world,
    bought.map(({ server }) => server.id),
    80_000,
  );
  await expectMachines(
    world,
    bought.map(({ server }) => `gf-${server.id}-1`),
  );
});

test('SIGTERM while the provider hangs ends the worker within the grace', { timeout: 60_000 }, async () => {
  const worker = await world.startWorker({ SHUTDOWN_GRACE_SECONDS: '3' });
  await world.fault({ operation: 'create', kind: 'hang' });
  await world.buy();
  await vi.waitFor(async () => expect((await world.concurrency()).current).toBe(1), soon);
  const askedAt = performance.now();
  expect(await worker.stop()).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(8_000);
});
