import { describe, expect, test } from 'vitest';
import type { Machine, Server } from '#db/tables.ts';
import { compare } from '#queues/inventory/compare.ts';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { epoch } from '../../fakes/machines.ts';
import { machineRow, owner, serverRow } from '../jobs/scene.ts';

const name = 'gf-srv-1-1';
const listed = (changes: Partial<CloudMachine> = {}): CloudMachine => ({
  id: 'vps-1',
  name,
  owner,
  state: 'running',
  ipv4: '192.0.2.1',
  ipv6: null,
  location: 'ewr',
  plan: 'small',
  createdAt: epoch,
  ...changes,
});
const row = (machine: Partial<Machine>, server: Partial<Server> = {}) => ({
  machine: machineRow({ providerId: 'vps-1', account: 'acc-1', ...machine }),
  server: serverRow({ status: 'running', ...server }),
});
const compareListing = (listing: readonly CloudMachine[], rows: readonly ReturnType<typeof row>[], now: Date) =>
  compare({ listing, listedIds: new Set(listing.map(({ id }) => id)) }, rows, now);
const at = (seconds: number) => new Date(epoch.getTime() + seconds * 1000);
const graceOver = { state: 'replaced', removableAt: at(-61) } as const;

describe('a machine that may be removed without a person', () => {
  test.each<[string, ReturnType<typeof row>, CloudMachine[], string | undefined]>([
    ['planned: its job is running', row({ state: 'planned', providerId: null }), [listed()], undefined],
    ['current', row({ state: 'current' }), [listed()], undefined],
    ['replaced, in its grace', row({ state: 'replaced', removableAt: at(60) }), [listed()], undefined],
    ['replaced, its retire is just due', row({ state: 'replaced', removableAt: at(-59) }), [listed()], undefined],
    ['replaced, without the end of its grace', row({ state: 'replaced' }), [listed()], undefined],
    ['replaced, its grace long over', row(graceOver), [listed()], 'its successor serves, and its grace is over'],
    ['abandoned', row({ state: 'abandoned' }), [listed()], 'its job failed for good'],
    ['gone, and listed again', row({ state: 'gone' }), [listed()], 'it was verified gone, and was listed later'],
    ['of a destroyed server', row({ state: 'gone' }, { status: 'destroyed' }), [listed()], 'its server is destroyed'],
    ['of a server being destroyed', row({ state: 'current' }, { status: 'destroying' }), [listed()], undefined],
    ['of a server being suspended', row({ state: 'current' }, { status: 'suspending' }), [listed()], undefined],
    ['of a server being resumed', row({ state: 'planned' }, { status: 'resuming' }), [listed()], undefined],
    [
      'of a suspended server, that appeared late',
      row({ state: 'gone' }, { status: 'suspended' }),
      [listed()],
      'it was verified gone, and was listed later',
    ],
    ['of a failed server, planned', row({ state: 'planned' }, { status: 'failed' }), [listed()], undefined],
    ['a double whose original is not listed', row({ state: 'current' }), [listed({ id: 'vps-2' })], undefined],
    ['a double of a machine without an id', row({ state: 'current', providerId: null }), [listed()], undefined],
    ['without a tag', row({ state: 'abandoned' }), [listed({ owner: null })], undefined],
    [
      "with another server's tag",
      row({ state: 'abandoned' }),
      [listed({ owner: { ...owner, serverId: 'srv-2' } })],
      undefined,
    ],
    ['without a row', row({ generation: 2, providerId: 'vps-9', state: 'gone' }), [listed()], undefined],
  ])('%s', async (_, one, listing, because) => {
    expect((await compareListing(listing, [one], at(0))).removable.map((found) => found.because)).toEqual(
      because ? [because] : [],
    );
  });

  test('a double is removed, and the machine that the row names stays', async () => {
    const listing = [listed(), listed({ id: 'vps-2' })];
    const { removable } = await compareListing(listing, [row({ state: 'current' })], at(0));
    expect(removable).toEqual([{ machine: listing[1], because: 'it is a duplicate of machine vps-1' }]);
  });
});

describe('an unknown machine', () => {
  test('is a tagged machine without a row, or one whose tag differs from its row', async () => {
    const listing = [
      listed(),
      listed({ id: 'vps-2', name: 'gf-srv-2-1', owner: { ...owner, serverId: 'srv-2' } }),
      listed({ id: 'vps-3', owner: { ...owner, serverId: 'srv-3' } }),
      listed({ id: 'vps-4', owner: null }),
    ];
    const { unknown } = await compareListing(listing, [row({ state: 'current' })], at(0));
    expect(unknown.map(({ id }) => id)).toEqual(['vps-2', 'vps-3', 'vps-4']);
  });

  test('is not a renamed machine', async () => {
    const { unknown, missing } = await compareListing(
      [listed({ name: 'renamed' })],
      [row({ state: 'current' })],
      at(0),
    );
    expect([unknown, missing]).toEqual([[], []]);
  });
});

describe('a machine that is not listed', () => {
  test('is missing if it is current, even if another machine has its name', async () => {
    const current = row({ state: 'current' });
    expect((await compareListing([], [current], at(0))).missing).toEqual([current]);
    expect((await compareListing([listed({ id: 'vps-2' })], [current], at(0))).missing).toEqual([current]);
    expect((await compareListing([listed()], [current], at(0))).missing).toEqual([]);
  });

  test.each(['destroying', 'suspending'] as const)('is not missing if its server is %s', async (status) => {
    expect((await compareListing([], [row({ state: 'current' }, { status })], at(0))).missing).toEqual([]);
  });

  test('is absent if it is abandoned or replaced, once neither its name nor its id is listed', async () => {
    const rows = [row({ state: 'abandoned', providerId: null }), row(graceOver)];
    expect((await compareListing([], rows, at(0))).absent).toEqual(rows);
    expect((await compareListing([listed({ name: 'renamed' })], rows, at(0))).absent).toEqual([rows[0]]);
    expect((await compareListing([listed()], rows, at(0))).absent).toEqual([]);
    for (const state of ['planned', 'current', 'gone'] as const)
      expect((await compareListing([], [row({ state })], at(0))).absent).toEqual([]);
  });
});
