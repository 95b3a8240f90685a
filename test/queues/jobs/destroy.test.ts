import { afterEach, describe, expect, test, vi } from 'vitest';
import { destroy } from '#queues/jobs/destroy.ts';
import { RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../fakes/provider.ts';
import { jobRow, machineRow, owner, type Scene, scene, serverRow } from './scene.ts';

afterEach(() => void vi.useRealTimers());

const job = jobRow({ kind: 'destroy', machineId: null });
const current = machineRow({ state: 'current', providerId: 'vps-1', account: 'acc-1' });
const somebodyElse = { installation: 'test', serverId: 'srv-2' };

const ofDestroy = (provider = fakeProvider(), machines = [current]): Scene =>
  scene(provider, { job, machine: null, machines, server: serverRow({ status: 'destroying', machineId: 'mac-1' }) });

test('the machine of the server is removed, and the job ends once it is gone', async () => {
  const context = ofDestroy(fakeProvider('simulator', { lingerLooks: 4 }));
  context.provider.put({ name: current.name, owner });
  expect(await destroy(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines()).toEqual([]);
  expect(context.provider.count('remove')).toBe(1);
  expect(context.checkpoints()).toBe(1);
});

test('every machine of the server is found by tag, name or confirmed id, and removed', async () => {
  const context = ofDestroy(undefined, [current, machineRow({ generation: 2, providerId: 'vps-2' })]);
  context.provider.put({ name: current.name, owner });
  context.provider.put({ name: 'renamed-by-hand', owner });
  context.provider.put({ name: 'gf-srv-1-7', owner });
  expect(await destroy(context)).toEqual({ end: 'removed' });
  expect(context.provider.machines()).toEqual([]);
});

test('a machine that is found only by its id is removed', async () => {
  const context = ofDestroy();
  const { provider } = context;
  provider.habits.hiddenLooks = Number.POSITIVE_INFINITY;
  await provider.create({ name: current.name, owner, location: 'ewr', plan: 'small', userData: null }, context.signal);
  await destroy(context);
  expect(provider.machines()).toEqual([]);
});

test('a machine with another tag is never removed, even if its name or id matches', async () => {
  const context = ofDestroy();
  const { provider } = context;
  provider.put({ id: 'vps-1', name: 'given-to-others-since', owner: somebodyElse });
  provider.put({ name: current.name, owner: { ...owner, installation: 'staging' } });
  provider.put({ name: current.name, owner: null });
  expect(await destroy(context)).toEqual({ end: 'removed' });
  expect(provider.machines()).toHaveLength(3);
  expect(provider.count('remove')).toBe(0);
});

test('a server without a machine row is still searched by its tag', async () => {
  const context = ofDestroy(undefined, []);
  context.provider.put({ name: 'gf-srv-1-1', owner });
  await destroy(context);
  expect(context.provider.machines()).toEqual([]);
});

test('one empty look is enough if the id is confirmed', async () => {
  const context = ofDestroy();
  await destroy(context);
  expect(context.provider.calls.map(({ operation }) => operation)).toEqual(['find', 'get']);
  expect(context.waited()).toBe(0);
});

test('if no id is confirmed, it looks again after the lag of the list, and removes late machines', async () => {
  const context = ofDestroy(undefined, [machineRow()]);
  const { provider } = context;
  provider.habits.hiddenLooks = 1;
  await provider.create({ name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null }, context.signal);
  await destroy(context);
  expect(context.waited()).toBeGreaterThanOrEqual(provider.listLagMs);
  expect(provider.machines()).toEqual([]);
});

test('an id that answers 404 while a list still shows its machine is not gone', async () => {
  const context = ofDestroy(fakeProvider('simulator', { lingerLooks: 3 }));
  const { provider } = context;
  provider.put({ name: current.name, owner });
  provider.get = () => Promise.resolve(null);
  await destroy(context);
  expect(provider.count('find')).toBeGreaterThan(1);
  expect(provider.machines()).toEqual([]);
});

test('the removal of a locked machine is repeated after each listing until it succeeds', async () => {
  const context = ofDestroy();
  const { provider } = context;
  provider.put({ name: current.name, owner });
  provider.lock('vps-1', 3);
  await destroy(context);
  expect(provider.count('remove')).toBe(4);
  expect(provider.machines()).toEqual([]);
});

test('a machine that stays ends the attempt, and the error names its id', async () => {
  const context = ofDestroy(fakeProvider('simulator', { lingerLooks: Number.POSITIVE_INFINITY }));
  context.provider.put({ name: current.name, owner });
  await expect(destroy(context)).rejects.toThrow(/still there: vps-1/);
  expect(context.waited()).toBeGreaterThan(5 * 60_000);
});

test('a lock that stays ends the attempt', async () => {
  const context = ofDestroy();
  context.provider.put({ name: current.name, owner });
  context.provider.lock('vps-1', Number.POSITIVE_INFINITY);
  await expect(destroy(context)).rejects.toThrow(/keeps them locked/);
});

test('a removal that is refused ends the attempt with the error of the provider', async () => {
  const context = ofDestroy();
  context.provider.put({ name: current.name, owner });
  context.provider.fail('remove', new ProviderError('rejected', 'No.'));
  await expect(destroy(context)).rejects.toMatchObject({ fault: 'rejected' });
});

test('a listing that fails during the wait only extends it', async () => {
  const context = ofDestroy(fakeProvider('simulator', { lingerLooks: 2 }));
  context.provider.put({ name: current.name, owner });
  context.provider.fail('list', new ProviderError('unavailable', 'Away.'), { times: 10 });
  expect(await destroy(context)).toEqual({ end: 'removed' });
});

test('a machine with our id and name but another tag is not removed and not reported gone', async () => {
  const provider = fakeProvider();
  const { id } = provider.put({ name: current.name, owner: { ...owner, installation: 'other' } });
  const context = { ...ofDestroy(provider), machines: [{ ...current, providerId: id }] };
  await expect(destroy(context)).rejects.toMatchObject({
    fault: 'not-allowed',
    message: expect.stringMatching(/installation other, and not that of srv-1 in installation test/),
  });
  expect(provider.machines()).toHaveLength(1);
});

test("a machine with the name of a row without an id and another installation's tag is not reported gone", async () => {
  const provider = fakeProvider();
  provider.put({ name: current.name, owner: { ...owner, installation: 'other' } });
  const context = { ...ofDestroy(provider), machines: [{ ...current, providerId: null }] };
  await expect(destroy(context)).rejects.toMatchObject({ fault: 'not-allowed' });
});

test('a run that must not go on removes nothing', async () => {
  const provider = fakeProvider();
  provider.put({ name: current.name, owner });
  const context = { ...ofDestroy(provider), checkpoint: () => Promise.reject(new RunAborted('lock-lost')) };
  await expect(destroy(context)).rejects.toThrow(RunAborted);
  expect(provider.machines()).toHaveLength(1);
});

describe('at a provider that keeps tags', () => {
  const keeping = (forgetOwner: Scene['provider']['forgetOwner']) => {
    const context = ofDestroy({ ...fakeProvider(), forgetOwner });
    context.provider.put({ name: current.name, owner });
    return context;
  };

  test("the server's own tag goes after its machines, after a checkpoint", async () => {
    const forgotten: unknown[] = [];
    const context = keeping(async (whose) => {
      forgotten.push(whose, context.provider.machines().length, context.checkpoints());
    });
    expect(await destroy(context)).toEqual({ end: 'removed' });
    expect(forgotten).toEqual([owner, 0, 2]);
  });

  test('a tag that stays is a warning', async () => {
    const context = keeping(() => Promise.reject(new ProviderError('not-allowed', 'No scope.')));
    expect(await destroy(context)).toEqual({ end: 'removed' });
    expect(context.warnings).toEqual([expect.stringContaining('the tag of server srv-1: No scope.')]);
  });

  test('a rate limit is waited for', async () => {
    const context = keeping(() => Promise.reject(new ProviderError('rate-limited', 'Slow down.')));
    await expect(destroy(context)).rejects.toMatchObject({ fault: 'rate-limited' });
  });

  test("an error that is not the provider's ends the run", async () => {
    const context = keeping(() => Promise.reject(new TypeError('A fault of ours.')));
    await expect(destroy(context)).rejects.toThrow(TypeError);
    expect(context.warnings).toEqual([]);
  });

  test('a run that is stopped meanwhile ends, without a warning', async () => {
    const stop = new AbortController();
    const failing = keeping(() => {
      stop.abort(new RunAborted('lock-lost'));
      return Promise.reject(new ProviderError('unavailable', 'The call was stopped.'));
    });
    await expect(destroy({ ...failing, signal: stop.signal })).rejects.toThrow(RunAborted);
    expect(failing.warnings).toEqual([]);
  });
});
