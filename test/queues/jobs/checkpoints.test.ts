import { expect, test } from 'vitest';
import { callOff } from '#queues/jobs/call-off.ts';
import { create } from '#queues/jobs/create.ts';
import { destroy } from '#queues/jobs/destroy.ts';
import { rebuild } from '#queues/jobs/rebuild.ts';
import { resume } from '#queues/jobs/resume.ts';
import { retire } from '#queues/jobs/retire.ts';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import { suspend } from '#queues/jobs/suspend.ts';
import type { Dns } from '#queues/ports/dns.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import type { Provider } from '#queues/ports/provider.ts';
import { fakeVpn } from '../../fakes/vpn.ts';
import { first, hostname, type NamedScene, newAddress, oldAddress, second, served, watchNames } from './named-scene.ts';
import { jobRow, machineRow, owner, serverRow } from './scene.ts';

// Restores the timers after each test.
watchNames();

/** Runs the body. Returns its changes at the provider and the DNS, and marks each one without a checkpoint. */
async function changesOf(scene: NamedScene, body: (context: JobContext) => Promise<unknown>): Promise<string[]> {
  const changes: string[] = [];
  let hasPassed = false;
  const guard =
    <A extends unknown[], R>(change: string, call: (...args: A) => R) =>
    (...args: A): R => {
      changes.push(hasPassed ? change : `${change} WITHOUT A CHECKPOINT`);
      hasPassed = false;
      return call(...args);
    };
  const provider: Provider = {
    ...scene.provider,
    create: guard('create', scene.provider.create),
    remove: guard('remove', scene.provider.remove),
    forgetUserData: guard('forget user data', scene.provider.forgetUserData),
  };
  const dns: Dns = {
    ...scene.dns,
    point: guard('point', scene.dns.point),
    remove: guard('remove address', scene.dns.remove),
    clear: guard('clear', scene.dns.clear),
  };
  const checkpoint = async () => {
    hasPassed = true;
  };
  await body({ ...scene, provider, dns, checkpoint });
  return changes;
}

const rebuilding = (changes: Partial<JobContext> = {}) =>
  served({ job: jobRow({ kind: 'rebuild', machineId: second.id }), machine: second, vpn: fakeVpn(), ...changes });

test('a rebuild passes a checkpoint right before each change', async () => {
  expect(await changesOf(rebuilding(), rebuild)).toEqual(['create', 'forget user data', 'point']);
});

test('a create that finds two machines passes a checkpoint right before each change', async () => {
  const machine = machineRow();
  const scene = served({ machine, machines: [machine], server: serverRow(), vpn: fakeVpn(), surelyFirst: false });
  scene.provider.put({ name: machine.name, owner, ipv4: newAddress });
  scene.dns.set(hostname, [newAddress]);
  expect(await changesOf(scene, create)).toEqual(['remove address', 'remove', 'forget user data', 'point']);
});

test.each([
  [newAddress, ['point', 'remove']],
  [oldAddress, ['remove']],
])('the clean-up after a failed rebuild does so while the name points at %s', async (address, expected) => {
  const scene = rebuilding();
  scene.provider.put({ name: second.name, owner, ipv4: newAddress });
  scene.dns.set(hostname, [address]);
  expect(await changesOf(scene, cleanUpFailedMachine)).toEqual(expected);
});

test('a rebuild that is called off passes a checkpoint right before each change', async () => {
  const scene = rebuilding();
  scene.provider.put({ name: second.name, owner, ipv4: newAddress });
  expect(await changesOf(scene, callOff)).toEqual(['remove']);
});

test('a retire passes a checkpoint right before each change', async () => {
  const old = { ...first, state: 'replaced' } as const;
  const current = { ...second, state: 'current', providerId: 'vps-2', account: 'acc-1', ipv4: newAddress } as const;
  const scene = served({
    job: jobRow({ kind: 'retire', line: old.id, machineId: old.id }),
    machine: old,
    machines: [old, current],
    server: serverRow({ status: 'running', machineId: current.id, generation: 2 }),
  });
  scene.provider.put({ name: current.name, owner, ipv4: newAddress });
  expect(await changesOf(scene, retire)).toEqual(['point', 'remove']);
});

test.each([
  ['destroy', destroy],
  ['suspend', suspend],
] as const)('a %s passes a checkpoint right before each change', async (kind, handler) => {
  const server = serverRow({ status: kind === 'destroy' ? 'destroying' : 'suspending', machineId: first.id });
  const scene = served({ job: jobRow({ kind, machineId: null }), machine: null, server });
  scene.provider.put({ name: second.name, owner, ipv4: newAddress });
  expect(await changesOf(scene, handler)).toEqual(['clear', 'remove', 'remove']);
});

test('a resume passes a checkpoint right before each change', async () => {
  const server = serverRow({ status: 'resuming', generation: 2 });
  const changes = { machine: second, machines: [second], server, vpn: fakeVpn() };
  const scene = served({ job: jobRow({ kind: 'resume', machineId: second.id }), ...changes });
  scene.provider.vanish('vps-1');
  expect(await changesOf(scene, resume)).toEqual(['create', 'forget user data', 'point']);
});
