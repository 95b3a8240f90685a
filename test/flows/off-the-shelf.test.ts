import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ordersHeldSetting } from '#db/settings.ts';
import { catalogueSetting } from '#queues/upkeep/catalogue.ts';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const alertIds = async () => (await world.store.readAlerts('configuration')).map(({ id }) => id);
const isRaised = (id: string) => vi.waitFor(async () => expect(await alertIds()).toContain(id), soon);

test('a rebuild where the cloud has no location fails at once, and the server keeps its machine', async () => {
  const worker = await world.startWorker();
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  const { job } = await world.rebuild(server.id, 'atlantis');
  await vi.waitFor(async () => {
    expect(await world.store.readJob(job.id)).toMatchObject({
      state: 'failed',
      error: expect.stringMatching(/^simulator does not sell in atlantis\. The server keeps its machine\. /),
    });
  }, soon);
  await allAre(world, [server.id], 'running');
  await expectMachines(world, [`gf-${server.id}-1`]);
  await isRaised('configuration:vc2-1c-1gb:atlantis');
  await world.destroy(server.id);
  await allAre(world, [server.id], 'destroyed');
  await worker.stop();
});

test('purchases for what the cloud has taken away wait with an alert, and nothing is ordered or fails', async () => {
  // Read by an earlier worker, whose lease of the upkeep lasts a minute.
  await world.store.putSetting(catalogueSetting, { locations: [], plans: [], images: ['windows'] }, new Date());
  const { server, job } = await world.buy();
  await world.startWorker();
  await isRaised('configuration:vc2-1c-1gb:ewr');
  await isRaised('configuration:image');
  await vi.waitFor(async () => expect(await world.store.readSetting(ordersHeldSetting)).not.toBeNull(), soon);
  expect((await world.store.readJob(job.id))?.state).toBe('released');
  await allAre(world, [server.id], 'installing');
  await expectMachines(world, []);
});
