import { describe, expect, test } from 'vitest';
import type { Machine } from '#db/tables.ts';
import { destroy } from '#queues/jobs/destroy.ts';
import { retire } from '#queues/jobs/retire.ts';
import { suspend } from '#queues/jobs/suspend.ts';
import { away, first, hostname, names, newAddress, oldAddress, second, served, watchNames } from './named-scene.ts';
import { jobRow, machineRow, owner, serverRow } from './scene.ts';

const neverDangling = watchNames();

describe('a retire', () => {
  const old = machineRow({ state: 'replaced', providerId: 'vps-1', account: 'acc-1', ipv4: oldAddress });
  const successor = machineRow({
    generation: 2,
    state: 'current',
    providerId: 'vps-2',
    account: 'acc-1',
    ipv4: newAddress,
  });
  const retiring = (changes: Partial<Machine> = {}) => {
    const context = served({
      job: jobRow({ kind: 'retire', line: old.id, machineId: old.id }),
      machine: old,
      machines: [old, { ...successor, ...changes }],
      server: serverRow({ status: 'running', machineId: successor.id, generation: 2 }),
    });
    context.provider.put({ name: successor.name, owner, ipv4: newAddress });
    return context;
  };

  test('changes no name that points at the successor', async () => {
    const context = retiring();
    context.dns.set(hostname, [newAddress]);
    await retire(context);
    expect(context.dns.calls.filter((call) => !call.startsWith('read'))).toEqual([]);
    expect(names(context.provider)).toEqual([successor.name]);
  });

  test('points a name at the successor that still points at the old machine', async () => {
    const context = retiring();
    neverDangling(context);
    await retire(context);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
    expect(names(context.provider)).toEqual([successor.name]);
  });

  test.each([
    ['its', '2001:db8::2', [newAddress, '2001:db8::2']],
    ['no', null, [newAddress]],
  ])('publishes an IPv6 address of the successor only if %s answers are recorded', async (_, ipv6, expected) => {
    const context = retiring({ ipv6 });
    context.provider.alter('vps-2', { ipv6: '2001:db8::2' });
    await retire(context);
    expect(context.dns.of(hostname)).toEqual(expected);
  });

  test('also points it there if the old machine was removed by somebody else', async () => {
    const context = retiring();
    context.provider.vanish('vps-1');
    await retire(context);
    expect(context.dns.of(hostname)).toEqual([newAddress]);
  });

  test.each(['read', 'point'] as const)('removes nothing while the DNS does not %s', async (operation) => {
    const context = retiring();
    context.dns.fail(operation, away());
    await expect(retire(context)).rejects.toThrow('Away.');
    expect(names(context.provider)).toEqual([old.name, successor.name]);
  });

  test('removes nothing while the successor does not run', async () => {
    const context = retiring();
    context.provider.vanish('vps-2');
    await expect(retire(context)).rejects.toThrow(/stays: srv-1\.vpn\.test points at it/);
    expect(names(context.provider)).toEqual([old.name]);
  });
});

describe.each(['suspending', 'destroying'] as const)('a retire while its server is %s', (status) => {
  test('does not point the name at the machine that goes as well', async () => {
    const old = machineRow({ state: 'replaced', providerId: 'vps-1', account: 'acc-1', ipv4: oldAddress });
    const current = machineRow({ generation: 2, state: 'current', providerId: 'vps-2', ipv4: newAddress });
    const context = served({
      job: jobRow({ kind: 'retire', line: old.id, machineId: old.id }),
      machine: old,
      machines: [old, current],
      server: serverRow({ status, machineId: current.id, generation: 2 }),
    });
    context.provider.put({ name: current.name, owner, ipv4: newAddress });
    await retire(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });
});

describe.each([
  ['destroy', destroy, 'destroying'],
  ['suspend', suspend, 'suspending'],
] as const)('a %s', (kind, remove, status) => {
  const removing = () =>
    served({
      job: jobRow({ kind, machineId: null }),
      machine: null,
      server: serverRow({ status, machineId: first.id }),
    });

  test('removes the addresses of all its machines from the name, and then the machines', async () => {
    const context = removing();
    neverDangling(context);
    expect(await remove(context)).toEqual({ end: 'removed' });
    expect(context.dns.of(hostname)).toEqual([]);
    expect(context.provider.machines()).toEqual([]);
  });

  test('also removes the address of a machine without a confirmed row', async () => {
    const context = removing();
    neverDangling(context);
    context.provider.put({ name: second.name, owner, ipv4: newAddress });
    context.dns.set(hostname, [newAddress]);
    await remove(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('removes the address of a machine that somebody else removed', async () => {
    const context = removing();
    context.provider.vanish('vps-1');
    await remove(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('removes an address of a run that never settled, although its machine is gone', async () => {
    const context = removing();
    await context.dns.point(hostname, { ipv4: newAddress, ipv6: null }, context.signal);
    await remove(context);
    expect(context.dns.of(hostname)).toEqual([]);
  });

  test('keeps records whose content is not ours', async () => {
    const context = removing();
    context.dns.set(hostname, [oldAddress, '198.51.100.7']);
    await remove(context);
    expect(context.dns.of(hostname)).toEqual(['198.51.100.7']);
  });

  test('removes no machine while the name cannot be cleared', async () => {
    const context = removing();
    context.dns.fail('clear', away(), { acted: true });
    await expect(remove(context)).rejects.toThrow('Away.');
    expect(names(context.provider)).toEqual([first.name]);
  });
});
