import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeMachine } from '#queues/jobs/steps/make-machine.ts';
import { OrderingStopped, RunAborted } from '#queues/ports/job-errors.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { epoch } from '../../../fakes/machines.ts';
import { fakeProvider } from '../../../fakes/provider.ts';
import { fakeVpn } from '../../../fakes/vpn.ts';
import { machineRow, ordersOf, owner, scene } from '../scene.ts';

afterEach(() => void vi.useRealTimers());

const name = 'gf-srv-1-1';
const stranger = { installation: 'other', serverId: 'srv-1' };

describe('looking before ordering', () => {
  test('the first run orders after one empty look', async () => {
    const provider = fakeProvider();
    const context = scene(provider);
    const made = await makeMachine(context);
    expect(made).toMatchObject({ providerId: 'vps-1', account: 'acc-1', ipv4: '192.0.2.1' });
    expect(provider.calls.slice(0, 2).map(({ operation }) => operation)).toEqual(['find', 'create']);
    expect(context.checkpoints()).toBe(1);
  });

  test('any other run waits until a list would show an earlier machine, looks again, and adopts it', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: 1 });
    await provider.create(
      { name, owner, location: 'ewr', plan: 'small', userData: null },
      new AbortController().signal,
    );
    const context = scene(provider, { surelyFirst: false });
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    expect(context.waited()).toBeGreaterThanOrEqual(provider.listLagMs);
    expect(provider.count('create')).toBe(1);
  });

  test('any other run orders after two empty looks', async () => {
    const provider = fakeProvider();
    const context = scene(provider, { surelyFirst: false });
    await makeMachine(context);
    expect(provider.calls.map(({ operation }) => operation).slice(0, 3)).toEqual(['find', 'find', 'create']);
  });

  test('after an accepted order it looks for as long as the provider may not show the machine, and adopts it', async () => {
    const provider = fakeProvider('simulator', { hiddenLooks: 6 });
    await provider.create(
      { name, owner, location: 'ewr', plan: 'small', userData: null },
      new AbortController().signal,
    );
    const orders = ordersOf([], { undecidedMs: () => 95_000 });
    const context = scene(provider, { surelyFirst: false, orders });
    expect((await makeMachine(context)).providerId).toBe('vps-1');
    expect(provider.count('create')).toBe(1);
  });

  test('an accepted order whose machine is never shown is followed by another one, once that time is over', async () => {
    const provider = fakeProvider();
    const orders = ordersOf([], { undecidedMs: () => 95_000 });
    const context = scene(provider, { surelyFirst: false, orders });
    provider.during('create', () => expect(context.waited()).toBe(95_000));
    await makeMachine(context);
    expect(provider.count('create')).toBe(1);
  });

  test('the long wait ends as soon as the job is not wanted any more', async () => {
    const provider = fakeProvider();
    const orders = ordersOf([], { undecidedMs: () => 95_000 });
    const assertWanted = () => Promise.reject(new RunAborted('destroy-waits'));
    const context = scene(provider, { surelyFirst: false, orders, assertWanted });
    await expect(makeMachine(context)).rejects.toThrow(RunAborted);
    expect(context.waited()).toBe(provider.listLagMs);
  });

  test('an earlier machine is adopted at once, as what it is', async () => {
    const provider = fakeProvider();
    provider.put({ name, owner, location: 'cdg', plan: 'larger' });
    const context = scene(provider, { surelyFirst: false });
    expect(await makeMachine(context)).toMatchObject({ providerId: 'vps-1', location: 'cdg', plan: 'larger' });
    expect(provider.count('create')).toBe(0);
    expect(context.waited()).toBe(0);
  });

  test('the oldest of several is kept, and the others are removed, each after a checkpoint', async () => {
    const provider = fakeProvider();
    const [young, old, middle] = [3_000, 1_000, 2_000].map((age) =>
      provider.put({ name, owner, createdAt: new Date(epoch.getTime() + age) }),
    );
    const context = scene(provider);
    expect((await makeMachine(context)).providerId).toBe(old?.id);
    expect(provider.machines()).toEqual([old]);
    expect(provider.calls.filter(({ operation }) => operation === 'remove').map(({ subject }) => subject)).toEqual([
      middle?.id,
      young?.id,
    ]);
    expect(context.checkpoints()).toBe(2);
  });

  test('a name that a foreign machine has fails the job, and that machine is not changed', async () => {
    const provider = fakeProvider();
    provider.put({ name, owner: stranger });
    provider.put({ name, owner });
    await expect(makeMachine(scene(provider))).rejects.toThrow(/taken at simulator by machine vps-1/);
    expect(provider.machines()).toHaveLength(2);
    expect(provider.count('create')).toBe(0);
  });

  test('a machine of this server with another name is not changed', async () => {
    const provider = fakeProvider();
    provider.put({ name: 'gf-srv-1-0', owner });
    expect((await makeMachine(scene(provider))).providerId).toBe('vps-2');
    expect(provider.machines()).toHaveLength(2);
  });

  test('a job without a machine row fails without a call', async () => {
    const provider = fakeProvider();
    await expect(makeMachine(scene(provider, { machine: null }))).rejects.toThrow(/no machine row/);
    expect(provider.calls).toEqual([]);
  });
});

test('a run that is surely the first makes three calls, besides the shared listings', async () => {
  const provider = fakeProvider();
  const context = scene(provider, { vpn: fakeVpn(), accountInUse: 'acc-1', recentAccount: async () => 'acc-1' });
  await makeMachine(context);
  const own = provider.calls.map(({ operation }) => operation).filter((operation) => operation !== 'list');
  expect(own).toEqual(['find', 'create', 'forgetUserData']);
});

describe('while orders are stopped', () => {
  const stopped = () =>
    ordersOf([], {
      assertAllowed: () => {
        throw new OrderingStopped('No machine answers.');
      },
    });

  test.each([[true], [false]])(
    'nothing is ordered, and an overdue job waits as well (surely first: %s)',
    async (surelyFirst) => {
      const provider = fakeProvider();
      const context = scene(provider, { orders: stopped(), surelyFirst, isOverdue: true });
      await expect(makeMachine(context)).rejects.toThrow(OrderingStopped);
      expect(provider.count('create')).toBe(0);
      expect(context.waited()).toBe(0);
    },
  );

  test('an earlier machine is adopted', async () => {
    const provider = fakeProvider();
    provider.put({ name, owner });
    expect((await makeMachine(scene(provider, { orders: stopped() }))).providerId).toBe('vps-1');
  });

  test('a stop that comes between the looks and the order counts', async () => {
    const provider = fakeProvider();
    let checks = 0;
    const assertAllowed = () => {
      checks += 1;
      if (checks > 1) throw new OrderingStopped('No machine answers.');
    };
    const context = scene(provider, { orders: ordersOf([], { assertAllowed }) });
    await expect(makeMachine(context)).rejects.toThrow(OrderingStopped);
    expect(provider.count('create')).toBe(0);
  });
});

describe('ordering', () => {
  test('an accepted order is recorded, and a refused one is not', async () => {
    const provider = fakeProvider();
    provider.fail('create', new ProviderError('capacity', 'None left.', { madeNothing: true }));
    const context = scene(provider);
    await expect(makeMachine(context)).rejects.toThrow('None left');
    expect(context.orderNotes).toEqual([]);
    await makeMachine(context);
    expect(context.orderNotes).toEqual(['accepted']);
  });

  test('a run that must stop orders nothing', async () => {
    const provider = fakeProvider();
    const context = scene(provider, { checkpoint: () => Promise.reject(new RunAborted('lock-lost')) });
    await expect(makeMachine(context)).rejects.toThrow(RunAborted);
    expect(provider.count('create')).toBe(0);
  });

  test('our own machine that has the name already is adopted', async () => {
    const provider = fakeProvider('simulator', { equalNames: false, hiddenLooks: 1 });
    await provider.create(
      { name, owner, location: 'ewr', plan: 'small', userData: null },
      new AbortController().signal,
    );
    expect((await makeMachine(scene(provider))).providerId).toBe('vps-1');
    expect(provider.machines()).toHaveLength(1);
  });

  test('a name that an unlisted machine has is tried again later', async () => {
    const provider = fakeProvider('simulator', { equalNames: false, hiddenLooks: 9 });
    await provider.create(
      { name, owner, location: 'ewr', plan: 'small', userData: null },
      new AbortController().signal,
    );
    await expect(makeMachine(scene(provider))).rejects.toMatchObject({ fault: 'name-taken' });
  });

  test('a lost answer ends the attempt, and the next attempt adopts the machine', async () => {
    const provider = fakeProvider();
    provider.fail('create', new ProviderError('unknown', 'No answer.'), { acted: true });
    await expect(makeMachine(scene(provider))).rejects.toMatchObject({ fault: 'unknown' });
    expect((await makeMachine(scene(provider, { surelyFirst: false }))).providerId).toBe('vps-1');
    expect(provider.count('create')).toBe(1);
  });

  test('the order follows the row and has our tag', async () => {
    const provider = fakeProvider();
    await makeMachine(scene(provider, { machine: machineRow({ location: 'fra', plan: 'large' }) }));
    expect(provider.machines()).toMatchObject([{ name, owner, location: 'fra', plan: 'large' }]);
  });
});
