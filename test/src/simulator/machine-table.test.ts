import { expect, it } from 'vitest';
import type { Machine } from '#src/simulator/machine.ts';
import { MachineTable } from '#src/simulator/machine-table.ts';

function machine(serial: number, changes: Partial<Machine> = {}): Machine {
  const names = { id: `id-${serial}`, cloud: 'vultr', label: 'a', hostname: 'h', tags: ['x'] };
  const order = { region: 'fra', plan: 'p', osId: 1, userData: null, ipv4: null, ipv6: null, client: 'x' };
  const instants = { createdAt: 0, readyAt: 10, answersAt: null, listedAt: 0, lockedUntil: 0, removedAt: null };
  return { serial, ...names, ...order, ...instants, wireguard: null, ...changes };
}

function tableOf(...machines: readonly Machine[]): MachineTable {
  const table = new MachineTable();
  for (const one of machines) table.set(one);
  return table;
}

const serials = (machines: readonly Machine[]) => machines.map(({ serial }) => serial);

it('finds machines by cloud, name and tag, oldest first', () => {
  const table = tableOf(machine(1), machine(2, { label: 'A', tags: ['y', 'x'] }), machine(3, { cloud: 'hetzner' }));
  expect(serials(table.existing('vultr'))).toEqual([1, 2]);
  expect(serials(table.existing('vultr', { name: 'a' }))).toEqual([1, 2]);
  expect(serials(table.existing('vultr', { tag: 'y' }))).toEqual([2]);
  expect(serials(table.existing('hetzner', { tag: 'x' }))).toEqual([3]);
  expect(table.withSerial(2)?.label).toBe('A');
});

it('follows changes of names and tags, and removals', () => {
  const table = tableOf(machine(1), machine(2));
  table.set(machine(1, { label: 'b', tags: [] }));
  expect([serials(table.existing('vultr', { name: 'a' })), serials(table.existing('vultr', { tag: 'x' }))]).toEqual([
    [2],
    [2],
  ]);
  table.set(machine(1));
  expect(serials(table.existing('vultr', { name: 'a' }))).toEqual([1, 2]);
  expect(table.existing('vultr', { name: 'b' })).toEqual([]);
  table.set(machine(1, { removedAt: 5 }));
  expect([serials(table.existing('vultr')), serials(table.all())]).toEqual([[2], [1, 2]]);
});

it('forgets the oldest removals alone', () => {
  const removed = [3, 1, 2].map((serial) => machine(serial, { removedAt: 5 }));
  const table = tableOf(machine(4), ...removed);
  table.forgetRemoved(1);
  expect(serials(table.all())).toEqual([4, 2]);
  expect([table.withSerial(3), table.get('id-1')]).toEqual([null, null]);
});

it('counts a machine as installing until it is ready or removed', () => {
  const table = tableOf(machine(1), machine(2, { readyAt: null }), machine(3), machine(4, { readyAt: 0 }));
  table.set(machine(3, { removedAt: 5 }));
  expect(serials(table.installing(9))).toEqual([1, 2]);
  expect(serials(table.installing(10))).toEqual([2]);
});
