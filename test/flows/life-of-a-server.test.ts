import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.startWorker({ REBUILD_GRACE_SECONDS: '0' });
});
afterAll(() => world.close());

const status = async (id: string) => (await world.store.readServer(id))?.server.status;
const soon = { timeout: 40_000, interval: 100 };

test('a purchase becomes a running server, which is rebuilt, suspended, resumed and destroyed', {
  timeout: 120_000,
}, async () => {
  const { server } = await world.buy();
  await vi.waitFor(async () => expect(await status(server.id)).toBe('running'), soon);
  const [first, ...others] = await world.machines();
  expect(others).toEqual([]);
  expect(first?.label).toBe(`gf-${server.id}-1`);

  await world.rebuild(server.id, 'ams');
  await vi.waitFor(
    async () => expect((await world.machines()).map(({ label }) => label)).toEqual([`gf-${server.id}-2`]),
    soon,
  );
  await vi.waitFor(
    async () =>
      expect(await world.store.readServer(server.id)).toMatchObject({
        server: { status: 'running', location: 'ams' },
        openJobs: [],
      }),
    soon,
  );

  await world.suspend(server.id);
  await vi.waitFor(async () => expect(await status(server.id)).toBe('suspended'), soon);
  expect(await world.machines()).toEqual([]);

  await world.resume(server.id);
  await vi.waitFor(async () => expect(await status(server.id)).toBe('running'), soon);
  expect((await world.machines()).map(({ label }) => label)).toEqual([`gf-${server.id}-3`]);
  expect((await world.store.readServer(server.id))?.server.location).toBe('ams');

  await world.destroy(server.id);
  await vi.waitFor(async () => expect(await status(server.id)).toBe('destroyed'), soon);
  expect(await world.machines()).toEqual([]);
});
