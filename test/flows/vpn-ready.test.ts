import { hostname } from 'node:os';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startWorld, type World } from '../world.ts';
import { allAre, allRunWithin, calls, expectMachines, soon } from './eventually.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

test('a machine whose VPN never answers is removed, and the next attempt makes one that answers', {
  timeout: 90_000,
}, async () => {
  await world.fault({ kind: 'vpn', ms: null });
  await world.startWorker({ BOOT_TIMEOUT_SECONDS: '4' });
  const { server } = await world.buy();
  await allRunWithin(world, [server.id], 80_000);
  await expectMachines(world, [`gf-${server.id}-1`]);
  const { length: orders } = (await world.calls()).filter(({ operation }) => operation === 'create');
  expect(orders).toBe(2);
});

test('a machine to which the worker cannot send stays, with an alert that names the worker, until another one can', {
  timeout: 150_000,
}, async () => {
  // The kernel permits no broadcast.
  const blocked = await world.startWorker({ VPN_PROBE_AT: '255.255.255.255:51820', BOOT_TIMEOUT_SECONDS: '4' });
  expect(blocked.lines).toContainEqual(expect.objectContaining({ event: 'vpn-probe-blocked', level: 'warn' }));
  const { server } = await world.buy();
  const delays = () => blocked.lines.filter(({ end }) => (end as { kind?: string } | undefined)?.kind === 'delayed');
  await vi.waitFor(() => expect(delays().length).toBeGreaterThanOrEqual(2), { timeout: 90_000 });
  const alerts = await world.store.readAlerts('vpn-probe-blocked');
  expect(alerts.map(({ subject }) => subject)).toEqual([`${hostname()}-${blocked.pid}`]);
  await blocked.stop();
  await world.startWorker();
  await allRunWithin(world, [server.id], 45_000);
  await expectMachines(world, [`gf-${server.id}-1`]);
  expect((await world.calls()).filter(({ operation }) => operation === 'create')).toHaveLength(1);
  expect((await world.store.readJobs({ serverId: server.id, limit: 1 }))[0]?.attempts).toBe(1);
});

test('a purchase whose machines never answer gets three of them, and then waits with an alert', {
  timeout: 180_000,
}, async () => {
  await world.fault({ kind: 'vpn', ms: null, times: null });
  await world.startWorker({ BOOT_TIMEOUT_SECONDS: '4' });
  const { server, job } = await world.buy();
  await vi.waitFor(
    async () =>
      expect((await world.store.readAlerts('ordering-stopped')).map(({ subject }) => subject)).toEqual([job.id]),
    { timeout: 150_000 },
  );
  await world.startWorker();
  await expectMachines(world, []);
  expect((await world.calls()).filter(({ operation }) => operation === 'create')).toHaveLength(3);
  expect((await world.store.readServer(server.id))?.server.status).toBe('installing');
});

test('a server runs only once its VPN answers, and then the cloud no longer has its keys', {
  timeout: 90_000,
}, async () => {
  await world.fault({ kind: 'vpn', ms: 8_000 });
  await world.startWorker();
  const { server } = await world.buy();
  await vi.waitFor(async () => expect((await world.machines()).map(({ state }) => state)).toEqual(['active']), soon);
  await calls(world, 'list', 2);
  expect((await world.store.readServer(server.id))?.server.status).toBe('installing');
  const [machine] = await world.machines();
  expect(await userDataOf(machine?.id ?? '')).toContain('PrivateKey');
  await allAre(world, [server.id], 'running');
  expect(await userDataOf(machine?.id ?? '')).toBe('#cloud-config\n{}\n');
});

test('a rebuild waits for its own machine, although the old one has the same keys', { timeout: 90_000 }, async () => {
  await world.startWorker({ REBUILD_GRACE_SECONDS: '3600' });
  const { server } = await world.buy();
  await allAre(world, [server.id], 'running');
  await world.fault({ kind: 'vpn', ms: 8_000 });
  const { job } = await world.rebuild(server.id);
  await vi.waitFor(
    async () => expect((await world.machines()).map(({ state }) => state)).toEqual(['active', 'active']),
    soon,
  );
  expect((await world.store.readJob(job.id))?.state).toBe('released');
  await allAre(world, [server.id], 'running');
  await expectMachines(world, [`gf-${server.id}-1`, `gf-${server.id}-2`]);
});

async function userDataOf(id: string): Promise<string> {
  const headers = { authorization: 'Bearer simulator' };
  const answer = await fetch(`${world.simulatorUrl}/instances/${id}/user-data`, { headers });
  const { user_data } = (await answer.json()) as { user_data: { data: string } };
  return Buffer.from(user_data.data, 'base64').toString();
}
