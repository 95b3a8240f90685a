import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

/** Kills the worker after the provider made the machine and before it answers. */
async function killBetweenMakingAndCommitting(): Promise<string> {
  await world.fault({ operation: 'create', kind: 'slow', when: 'after', ms: 3_000 });
  const worker = await world.startWorker();
  const { server } = await world.buy();
  await vi.waitFor(async () => expect(await world.machines()).toHaveLength(1), soon);
  await worker.kill9();
  return server.id;
}

test('another worker adopts a machine within 20 s if its worker was killed before recording it', {
  timeout: 90_000,
}, async () => {
  const serverId = await killBetweenMakingAndCommitting();
  const killedAt = Date.now();
  await world.startWorker();
  await vi.waitFor(async () => {
    const looks = (await world.calls()).filter(
      ({ path, startedAt }) => path.includes(serverId) && startedAt > killedAt,
    );
    expect(looks.length).toBeGreaterThan(0);
  }, soon);
  expect(Date.now() - killedAt).toBeLessThan(20_000);
  await allAre(world, [serverId], 'running');
  await expectMachines(world, [`gf-${serverId}-1`]);
  expect((await world.calls()).filter(({ operation }) => operation === 'create')).toHaveLength(1);
});

test('another worker adopts a machine that its provider lists only seconds later', { timeout: 90_000 }, async () => {
  await world.fault({ operation: 'create', kind: 'late-list', ms: 14_000 });
  const serverId = await killBetweenMakingAndCommitting();
  await world.startWorker();
  await allAre(world, [serverId], 'running');
  await expectMachines(world, [`gf-${serverId}-1`]);
  expect((await world.calls()).filter(({ operation }) => operation === 'create')).toHaveLength(1);
});
