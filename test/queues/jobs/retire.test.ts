import { afterEach, expect, test, vi } from 'vitest';
import { retire } from '#queues/jobs/retire.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { jobRow, machineRow, owner, type Scene, scene, serverRow } from './scene.ts';

afterEach(() => void vi.useRealTimers());

const old = machineRow({ state: 'replaced', providerId: 'vps-1', account: 'acc-1' });
const successor = machineRow({ generation: 2, state: 'current', providerId: 'vps-2', account: 'acc-1' });

const ofRetire = (changes: Partial<JobContext> = {}): Scene =>
  scene(fakeProvider(), {
    job: jobRow({ kind: 'retire', line: old.id, machineId: old.id }),
    machine: old,
    machines: [old, successor],
    server: serverRow({ status: 'running', machineId: successor.id, generation: 2 }),
    ...changes,
  });

test('the replaced machine is removed, and its successor stays', async () => {
  const context = ofRetire();
  context.provider.put({ name: old.name, owner });
  context.provider.put({ name: successor.name, owner });
  expect(await retire(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines().map(({ name }) => name)).toEqual([successor.name]);
});

test('a machine that somebody renamed is found by its id and removed', async () => {
  const context = ofRetire();
  context.provider.put({ name: 'renamed', owner });
  context.provider.put({ name: successor.name, owner });
  expect(await retire(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines().map(({ name }) => name)).toEqual([successor.name]);
});

test('the current machine is never retired', async () => {
  const context = ofRetire({ server: serverRow({ machineId: old.id }) });
  context.provider.put({ name: old.name, owner });
  await expect(retire(context)).rejects.toThrow(/serves the customer/);
  expect(context.provider.machines()).toHaveLength(1);
});

test('doubles of the replaced machine are removed with it', async () => {
  const context = ofRetire();
  context.provider.put({ name: old.name, owner });
  context.provider.put({ name: old.name, owner });
  await retire(context);
  expect(context.provider.machines()).toEqual([]);
});

test('a machine that the inventory has already verified gone needs no removal', async () => {
  const context = ofRetire({ machine: null, machines: [successor] });
  context.provider.put({ name: successor.name, owner });
  expect(await retire(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines()).toHaveLength(1);
});
