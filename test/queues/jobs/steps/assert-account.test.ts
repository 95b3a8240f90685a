import { afterEach, expect, test, vi } from 'vitest';
import { assertOrderable, assertReachable } from '#queues/jobs/steps/assert-account.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { jobRow, machineRow, scene } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const here = machineRow({ state: 'current', providerId: 'vps-1', account: 'acc-1' });
const atAnother = machineRow({ generation: 2, provider: 'vultr' });
const inAnother = machineRow({ generation: 3, account: 'acc-2' });
const ofDestroy = { job: jobRow({ kind: 'destroy' }), machine: null };

test('a destroy continues only if each of its machines is within reach', async () => {
  await assertReachable(scene(fakeProvider(), { ...ofDestroy, machines: [here, machineRow({ generation: 4 })] }));
  const notAllowed = { fault: 'not-allowed' };
  const oneAway = scene(fakeProvider(), { ...ofDestroy, machines: [here, atAnother] });
  await expect(assertReachable(oneAway)).rejects.toMatchObject(notAllowed);
  const otherAccount = scene(fakeProvider(), { ...ofDestroy, machines: [here, inAnother] });
  await expect(assertReachable(otherAccount)).rejects.toThrow(/account acc-2 of simulator.*account acc-1/);
});

test('a removal asks for the account each time, since a kept answer could turn "not found" into "gone"', async () => {
  const recentAccount = () => Promise.reject(new Error('A removal used a kept answer.'));
  const context = scene(fakeProvider(), { ...ofDestroy, machines: [here], recentAccount });
  await assertReachable(context);
  await assertReachable(context);
  expect(context.provider.count('account')).toBe(2);
});

test('an order uses the account that is kept for a minute', async () => {
  const context = scene(fakeProvider(), { accountInUse: 'acc-1', recentAccount: async () => 'acc-1' });
  await assertOrderable(context);
  expect(context.provider.count('account')).toBe(0);
});

test('any other job checks only its own machine', async () => {
  const machines = [here, atAnother, inAnother];
  await assertReachable(scene(fakeProvider(), { job: jobRow({ kind: 'retire' }), machine: here, machines }));
  const away = scene(fakeProvider(), { machine: atAnother, machines });
  await expect(assertReachable(away)).rejects.toThrow(/at vultr/);
});

test('a machine that is not confirmed yet causes no account call', async () => {
  const context = scene(fakeProvider());
  await assertReachable(context);
  expect(context.provider.calls).toEqual([]);
});

test('a machine is ordered only in the account of all other machines', async () => {
  const first = scene(fakeProvider());
  await assertOrderable(first);
  expect(first.provider.calls).toEqual([]);
  await assertOrderable(scene(fakeProvider(), { accountInUse: 'acc-1' }));
  const elsewhere = assertOrderable(scene(fakeProvider(), { accountInUse: 'acc-2' }));
  await expect(elsewhere).rejects.toMatchObject({ fault: 'not-allowed' });
  await expect(elsewhere).rejects.toThrow(/account acc-2 of simulator.*account acc-1/);
});
