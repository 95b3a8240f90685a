import { afterEach, expect, test, vi } from 'vitest';
import { resume } from '#queues/jobs/resume.ts';
import { suspend } from '#queues/jobs/suspend.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { fakeVpn } from '../../fakes/vpn.ts';
import { jobRow, machineRow, owner, scene, serverRow } from './scene.ts';

afterEach(() => void vi.useRealTimers());

const current = machineRow({ state: 'current', providerId: 'vps-1', account: 'acc-1' });
const suspending = (provider = fakeProvider(), machines = [current]) =>
  scene(provider, {
    job: jobRow({ kind: 'suspend', machineId: null }),
    machine: null,
    machines,
    server: serverRow({ status: 'suspending', machineId: 'mac-1' }),
  });

test('every machine of the server is removed, and the job ends once they are gone', async () => {
  const context = suspending(fakeProvider('simulator', { lingerLooks: 4 }));
  context.provider.put({ name: current.name, owner });
  context.provider.put({ name: 'gf-srv-1-7', owner });
  expect(await suspend(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines()).toEqual([]);
});

test('the server keeps its tag at a provider that keeps tags, as it will have a machine again', async () => {
  const forgotten: unknown[] = [];
  const context = suspending({ ...fakeProvider(), forgetOwner: async (whose) => void forgotten.push(whose) });
  context.provider.put({ name: current.name, owner });
  await suspend(context);
  expect(forgotten).toEqual([]);
});

test('a removal that is refused ends the attempt, and the machine is not reported gone', async () => {
  const context = suspending();
  context.provider.put({ name: current.name, owner });
  context.provider.fail('remove', new ProviderError('rejected', 'No.'));
  await expect(suspend(context)).rejects.toMatchObject({ fault: 'rejected' });
});

test('a machine of another server is never removed', async () => {
  const context = suspending();
  context.provider.put({ name: current.name, owner: { ...owner, serverId: 'srv-2' }, id: 'vps-9' });
  await suspend(context);
  expect(context.provider.machines()).toHaveLength(1);
});

test('a resume makes the next machine with the keys of the server', async () => {
  const next = machineRow({ generation: 2 });
  const context = scene(fakeProvider(), {
    job: jobRow({ kind: 'resume', machineId: next.id }),
    machine: next,
    machines: [next],
    server: serverRow({ status: 'resuming', generation: 2 }),
    vpn: fakeVpn(),
  });
  expect(await resume(context)).toMatchObject({ end: 'made' });
  expect(context.provider.machines().map(({ name }) => name)).toEqual([next.name]);
});
