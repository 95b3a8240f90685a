import { expect, test } from 'vitest';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { ProviderError, type ProviderFault, providerFaults } from '#queues/ports/provider.ts';
import { fakeProvider } from '../../fakes/provider.ts';

const { signal } = new AbortController();
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };

function gated() {
  const inner = fakeProvider();
  const clock = { ms: 1_000 };
  const gate = createProviderGate(
    inner,
    () => new Date(clock.ms),
    () => clock.ms,
  );
  const refuse = async (fault: ProviderFault, retryAfterMs?: number) => {
    inner.fail('account', new ProviderError(fault, 'No.', retryAfterMs === undefined ? {} : { retryAfterMs }));
    await expect(gate.provider.account(signal)).rejects.toMatchObject({ fault });
  };
  return { inner, clock, gate, refuse };
}

const closing: readonly ProviderFault[] = ['not-allowed', 'rate-limited'];
const openFaults = providerFaults.filter((fault) => !closing.includes(fault));

test('the gate is open at first, and other errors do not close it', async () => {
  const { gate, refuse } = gated();
  for (const fault of openFaults) {
    await refuse(fault);
    expect([fault, gate.waitMs(), gate.fault()]).toEqual([fault, 0, null]);
  }
});

test('a rate limit closes the gate for the time that the provider gave', async () => {
  const { gate, clock, refuse } = gated();
  await refuse('rate-limited', 30_000);
  expect([gate.waitMs(), gate.fault()]).toEqual([30_000, 'rate-limited']);
  clock.ms += 29_999;
  expect(gate.waitMs()).toBe(1);
  clock.ms += 1;
  expect([gate.waitMs(), gate.fault()]).toEqual([0, null]);
});

test.each(['catalogue', 'forgetUserData', 'forgetOwner'] as const)(
  'a refused %s is reported and does not close the gate, since machines can be made without it',
  async (operation) => {
    const refused = () => Promise.reject(new ProviderError('not-allowed', 'No.'));
    const inner = { ...fakeProvider(), [operation]: refused };
    const gate = createProviderGate(inner, () => new Date(0));
    const calls = {
      catalogue: () => gate.provider.catalogue(signal),
      forgetUserData: () => gate.provider.forgetUserData('vps-1', signal),
      forgetOwner: () => gate.provider.forgetOwner?.(owner, signal),
    };
    await expect(calls[operation]()).rejects.toMatchObject({ fault: 'not-allowed' });
    expect([gate.waitMs(), gate.refusals()]).toMatchObject([0, [{ subject: operation }]]);
  },
);

test('a rate limit without a time closes the gate for 5 s', async () => {
  const { gate, refuse } = gated();
  await refuse('rate-limited');
  expect(gate.waitMs()).toBe(5_000);
});

test('a success or a shorter limit does not end a rate limit early', async () => {
  const { gate, refuse } = gated();
  await refuse('rate-limited', 30_000);
  await gate.provider.account(signal);
  await refuse('rate-limited', 1_000);
  expect(gate.waitMs()).toBe(30_000);
});

test('a refused key closes the gate for a minute, and the first success opens it', async () => {
  const { gate, refuse } = gated();
  await refuse('not-allowed');
  expect([gate.waitMs(), gate.fault()]).toEqual([60_000, 'not-allowed']);
  await gate.provider.account(signal);
  expect([gate.waitMs(), gate.fault()]).toEqual([0, null]);
});

test('a refused key counts as refused until a success, although a job may try it after the minute', async () => {
  const { gate, clock, refuse } = gated();
  await refuse('not-allowed');
  clock.ms += 60_000;
  expect([gate.waitMs(), gate.fault()]).toEqual([0, 'not-allowed']);
});

test('the success of a call that began before the refusal of its operation proves nothing', async () => {
  const { inner, clock, gate, refuse } = gated();
  const under = Promise.withResolvers<void>();
  let calls = 0;
  inner.during('account', () => (calls++ === 0 ? under.promise : undefined));
  const early = gate.provider.account(signal);
  clock.ms += 10;
  await refuse('not-allowed');
  const refusedAt = new Date(clock.ms);
  clock.ms += 10;
  under.resolve();
  await early;
  expect([gate.waitMs(), gate.fault()]).toEqual([59_990, 'not-allowed']);
  // Another process may have raised the alert, and this one must not clear it.
  expect(gate.isOver('account', refusedAt)).toBe(false);
  await gate.provider.account(signal);
  expect([gate.waitMs(), gate.fault(), gate.isOver('account', refusedAt)]).toEqual([0, null, true]);
});

test('the success of another operation proves nothing about the refused one', async () => {
  const { gate, refuse } = gated();
  await refuse('not-allowed');
  await gate.provider.list('test', signal);
  expect([gate.waitMs(), gate.fault()]).toEqual([60_000, 'not-allowed']);
});

test('the provider of the gate passes on every call and every answer', async () => {
  const { inner, gate } = gated();
  const { provider } = gate;
  expect([provider.name, provider.listLagMs, provider.images]).toEqual([inner.name, inner.listLagMs, inner.images]);
  const { id } = await provider.create(spec, signal);
  expect(await provider.get(id, signal)).toEqual(inner.machines()[0]);
  expect(await provider.find(spec.name, owner, signal)).toHaveLength(1);
  expect(await provider.findNamed(spec.name, signal)).toHaveLength(1);
  expect(await provider.list('test', signal)).toHaveLength(1);
  expect(provider.listIntervalMs(2)).toBe(inner.listIntervalMs(2));
  expect(provider.hurriedListIntervalMs(2)).toBe(inner.hurriedListIntervalMs(2));
  expect(await provider.catalogue(signal)).toEqual({ locations: [], plans: [] });
  await provider.remove(id, signal);
  expect(await provider.account(signal)).toBe('acc-1');
  expect(inner.calls.map(({ operation }) => operation)).toEqual([
    ...['create', 'get', 'find', 'find', 'list', 'catalogue', 'remove', 'account'],
  ]);
  expect(inner.machines()).toEqual([]);
});
