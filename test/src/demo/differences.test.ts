import { expect, it } from 'vitest';
import { type CloudMachine, differences } from '#src/demo/differences.ts';
import type { ShopServer } from '#src/start/storefront.ts';

const server: ShopServer = {
  id: 'srv-1',
  customer: 'ada',
  status: 'running',
  location: 'ams',
  generation: 2,
  machine: { ipv4: '198.18.0.2' },
};
const machine: CloudMachine = { label: 'gf-srv-1-2', ipv4: '198.18.0.2', region: 'ams', state: 'active' };
const destroyed: ShopServer = { ...server, id: 'srv-2', status: 'destroyed', machine: null };

it('finds no difference if each running server has its machine and no destroyed server has one', () => {
  expect(differences([server, destroyed], [machine])).toEqual([]);
});

it.each<[string, CloudMachine[], string]>([
  ['no machine', [], 'srv-1 has 0 machines named gf-srv-1-2'],
  ['a machine twice', [machine, machine], 'srv-1 has 2 machines named gf-srv-1-2'],
  ['a machine that does not run', [{ ...machine, state: 'installing' }], 'the machine of srv-1 is installing'],
  ['another address', [{ ...machine, ipv4: '198.18.0.9' }], 'srv-1 is at 198.18.0.2, its machine at 198.18.0.9'],
  ['another place', [{ ...machine, region: 'fra' }], 'srv-1 should be in ams, its machine is in fra'],
  [
    'a machine of an earlier generation',
    [machine, { ...machine, label: 'gf-srv-1-1' }],
    'no server owns the machine gf-srv-1-1',
  ],
  [
    'a machine of a destroyed server',
    [machine, { ...machine, label: 'gf-srv-2-2' }],
    'no server owns the machine gf-srv-2-2',
  ],
])('names %s', (_, machines, difference) => {
  expect(differences([server, destroyed], machines)).toEqual([difference]);
});
