import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allRunWithin, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const orders = async () => (await world.calls()).filter(({ operation }) => operation === 'create').length;

test('three purchases at a cloud that shows no new machine, by list or by id, get one machine each', {
  timeout: 120_000,
}, async () => {
  await world.fault({ kind: 'late-list', ms: 30_000, times: null });
  await world.fault({ operation: 'get', kind: 'status', status: 404, times: 6 });
  await world.startWorker();
  const ids = [await world.buy(), await world.buy(), await world.buy()].map(({ server }) => server.id);
  await allRunWithin(world, ids, 100_000);
  expect((await world.calls()).filter(({ status }) => status === 404)).toHaveLength(6);
  expect(await orders()).toBe(3);
  await expectMachines(
    world,
    ids.map((id) => `gf-${id}-1`),
  );
});

test('another worker waits for the machine of an accepted order for longer than the listing lag, and adopts it', {
  timeout: 150_000,
}, async () => {
  await world.fault({ kind: 'late-list', ms: 45_000, times: null });
  const worker = await world.startWorker();
  const { server, job } = await world.buy();
  await vi.waitFor(async () => {
    const { progress } = (await world.connection.queue.getJob(job.id)) ?? {};
    expect(progress).toMatchObject({ orderedAt: expect.any(Number) });
  }, soon);
  await worker.kill9();
  await world.startWorker();
  await allRunWithin(world, [server.id], 120_000);
  expect(await orders()).toBe(1);
  await expectMachines(world, [`gf-${server.id}-1`]);
});
