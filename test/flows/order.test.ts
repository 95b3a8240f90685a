import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, expectMachines, soon } from './eventually.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ bootMs: 1_500 });
  await world.startWorker({ REBUILD_GRACE_SECONDS: '0' });
});
afterAll(() => world.close());

test('a destroy requested during a create leaves no machine', { timeout: 60_000 }, async () => {
  const { server, job } = await world.buy();
  await vi.waitFor(async () => expect(await world.machines()).toHaveLength(1), soon);
  await world.destroy(server.id);
  await allAre(world, [server.id], 'destroyed');
  expect(await world.machines()).toEqual([]);
  expect((await world.store.readJob(job.id))?.state).toBe('cancelled');
});

test('a rebuild requested during a create waits for it, and then runs', { timeout: 60_000 }, async () => {
  const { server, job } = await world.buy();
  const rebuild = await world.rebuild(server.id, 'fra');
  expect(rebuild.job.state).toBe('waiting');
  await vi.waitFor(async () => expect((await world.store.readJob(rebuild.job.id))?.state).toBe('succeeded'), soon);
  expect((await world.store.readJob(job.id))?.state).toBe('succeeded');
  expect((await world.store.readServer(server.id))?.server).toMatchObject({
    status: 'running',
    location: 'fra',
    generation: 2,
  });
  await vi.waitFor(() => expectMachines(world, [`gf-${server.id}-2`]), soon);
});

test('commands for one server never overlap at the provider and keep their order', { timeout: 90_000 }, async () => {
  const { server } = await world.buy();
  const first = await world.rebuild(server.id, 'ams');
  const second = await world.rebuild(server.id, 'lhr');
  await vi.waitFor(async () => expect((await world.store.readJob(second.job.id))?.state).toBe('succeeded'), {
    ...soon,
    timeout: 80_000,
  });
  const creates = (await world.calls()).filter(
    ({ operation, label }) => operation === 'create' && label?.includes(server.id),
  );
  expect(creates.map(({ label }) => label)).toEqual([1, 2, 3].map((generation) => `gf-${server.id}-${generation}`));
  const history = await world.store.readHistory(server.id, 0, 100);
  const ends = history.filter(
    ({ event, jobId }) => event === 'succeeded' && [first.job.id, second.job.id].includes(jobId ?? ''),
  );
  expect(ends.map(({ jobId }) => jobId)).toEqual([first.job.id, second.job.id]);
  const startOfSecond = history.findIndex(({ event, jobId }) => event === 'started' && jobId === second.job.id);
  const endOfFirst = history.findIndex(({ event, jobId }) => event === 'succeeded' && jobId === first.job.id);
  expect(startOfSecond).toBeGreaterThan(endOfFirst);
});
