import { afterEach, expect, test, vi } from 'vitest';
import { cleanUpFailedMachine } from '#queues/jobs/steps/clean-up-failed.ts';
import type { JobContext } from '#queues/ports/job-context.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { jobRow, machineRow, owner, scene } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const name = 'gf-srv-1-1';

test('the machine of a failed job is removed, and searched again after the lag of the list', async () => {
  const provider = fakeProvider('simulator', { hiddenLooks: 1 });
  await provider.create({ name, owner, location: 'ewr', plan: 'small', userData: null }, new AbortController().signal);
  const context = scene(provider);
  expect(await cleanUpFailedMachine(context)).toBe('gone');
  expect(provider.machines()).toEqual([]);
  expect(context.waited()).toBeGreaterThanOrEqual(provider.listLagMs);
});

test('machines of other generations and other owners stay', async () => {
  const provider = fakeProvider();
  provider.put({ name: 'gf-srv-1-0', owner });
  provider.put({ name, owner: null });
  const context = scene(provider, { job: jobRow({ kind: 'rebuild' }) });
  expect(await cleanUpFailedMachine(context)).toBe('gone');
  expect(provider.machines()).toHaveLength(2);
});

test("a machine with another installation's tag is left to the inventory", async () => {
  const provider = fakeProvider();
  provider.put({ name, owner: { ...owner, installation: 'other' } });
  expect(await cleanUpFailedMachine(scene(provider))).toBe('abandoned');
  expect(provider.count('remove')).toBe(0);
});

test.each(['unavailable', 'not-allowed', 'rate-limited'] as const)(
  'if the provider answers %s the machine is left to the inventory',
  async (fault) => {
    const provider = fakeProvider();
    provider.put({ name, owner });
    provider.fail('find', new ProviderError(fault, 'No.'), { times: 9 });
    expect(await cleanUpFailedMachine(scene(provider))).toBe('abandoned');
    expect(provider.machines()).toHaveLength(1);
  },
);

test('a machine that stays is left to the inventory', async () => {
  const provider = fakeProvider('simulator', { lingerLooks: Number.POSITIVE_INFINITY });
  provider.put({ name, owner });
  expect(await cleanUpFailedMachine(scene(provider))).toBe('abandoned');
});

test('a run that must stop throws, and does not settle the job', async () => {
  const provider = fakeProvider();
  provider.put({ name, owner });
  const checkpoint: JobContext['checkpoint'] = () => Promise.reject(new RunAborted('lock-lost'));
  await expect(cleanUpFailedMachine(scene(provider, { checkpoint }))).rejects.toThrow(RunAborted);
  expect(provider.machines()).toHaveLength(1);
});

test('an abort during the wait is not a failure of the clean-up', async () => {
  const stop = new AbortController();
  const context = scene(fakeProvider(), {
    signal: stop.signal,
    sleep: () => {
      stop.abort(new RunAborted('shutdown'));
      return Promise.reject(new DOMException('This operation was aborted', 'AbortError'));
    },
  });
  await expect(cleanUpFailedMachine(context)).rejects.toMatchObject({ reason: 'shutdown' });
});

test('a removal, or a job without a machine, leaves no machine', async () => {
  const provider = fakeProvider();
  provider.put({ name, owner });
  for (const kind of ['suspend', 'destroy', 'retire'] as const)
    expect(await cleanUpFailedMachine(scene(provider, { job: jobRow({ kind }) }))).toBe('gone');
  expect(await cleanUpFailedMachine(scene(provider, { machine: null, machines: [machineRow()] }))).toBe('gone');
  expect(provider.calls).toEqual([]);
});
