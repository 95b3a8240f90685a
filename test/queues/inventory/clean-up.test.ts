import { describe, expect, test } from 'vitest';
import type { Store } from '#db/store.ts';
import { type CloudMachine, type Owner, type Provider, ProviderError } from '#queues/ports/provider.ts';
import { destroy } from '../../db/conformance/fixture.ts';
import { ownerOf, usePasses } from './passes.ts';

const { abandoned, alertKinds, names, pass, place, rowOf } = usePasses();

describe('a pass', () => {
  test('removes an abandoned machine, and a later pass marks its row gone', async () => {
    const name = await abandoned();
    place.later(60);
    expect((await pass()).removed).toEqual(['vps-1']);
    expect(names()).toEqual([]);
    expect((await rowOf(name)).state).toBe('abandoned');
    await pass();
    expect((await rowOf(name)).state).toBe('gone');
    expect((await place.store.readEvents({ actor: 'inventory', limit: 9 })).events).toMatchObject([
      { type: 'machine.removed', subject: 'vps-1', detail: { name, because: 'its job failed for good' } },
    ]);
  });

  test('removes a machine of a destroyed server that appeared late', async () => {
    const { server } = await place.running();
    await place.perform((await destroy(place.store, server.id, place.clock.now)).job.id);
    place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    expect((await pass()).removed).toHaveLength(1);
    expect(names()).toEqual([]);
  });

  test('removes a double of a running machine, and keeps the machine in service', async () => {
    const { server } = await place.running();
    place.provider.put({ name: `gf-${server.id}-1`, owner: ownerOf(server.id) });
    expect((await pass()).removed).toEqual(['vps-2']);
    expect(place.provider.machines().map(({ id }) => id)).toEqual(['vps-1']);
  });

  test('removes at most five machines', async () => {
    for (let n = 0; n < 7; n += 1) await abandoned();
    expect((await pass()).removed).toHaveLength(5);
    expect((await pass()).removed).toHaveLength(2);
  });

  test('removes the other machines if some cannot be removed now', async () => {
    for (let n = 0; n < 7; n += 1) await abandoned();
    for (let n = 1; n <= 6; n += 1) place.provider.lock(`vps-${n}`, 99);
    const report = await pass();
    expect(report.removed).toEqual(['vps-7']);
    expect(report.alerts).toEqual([]);
  });

  test('removes a machine soon, although the removal of more machines than one pass tries is refused', async () => {
    for (let n = 0; n < 61; n += 1) await abandoned();
    for (let n = 1; n <= 60; n += 1) place.provider.lock(`vps-${n}`, 999);
    expect(await removedWithin(5)).toEqual(['vps-61']);
  });

  test.each(['not-allowed', 'rate-limited'] as const)(
    'sends no more deletes after the answer %s, and still raises alerts for unknown machines',
    async (fault) => {
      for (let n = 0; n < 2; n += 1) await abandoned();
      place.provider.put({ name: 'gf-lost-1', owner: ownerOf('lost') });
      place.provider.fail('remove', new ProviderError(fault, 'No.'), { times: 99 });
      expect((await pass()).removed).toEqual([]);
      expect(place.provider.count('remove')).toBe(1);
      expect(await alertKinds()).toEqual(['unknown-machine']);
    },
  );

  test.each<[string, (owner: Owner) => Partial<CloudMachine>]>([
    ['no tag', () => ({ owner: null })],
    ["another server's tag", (owner) => ({ owner: { ...owner, serverId: 'srv-other' } })],
    ["another installation's tag", (owner) => ({ owner: { ...owner, installation: 'staging' } })],
    ['another name', () => ({ name: 'renamed' })],
  ])('removes no machine that has %s by the time of its delete', async (_, changes) => {
    const { server } = (await place.store.readMachine(await abandoned())) ?? {};
    place.provider.during('get', () => place.provider.alter('vps-1', changes(ownerOf(server?.id ?? ''))));
    expect((await pass()).removed).toEqual([]);
    expect([place.provider.count('remove'), place.provider.machines().length]).toEqual([0, 1]);
  });

  test('reads the row again right before the delete', async () => {
    await abandoned();
    const readMachine: Store['readMachine'] = async (name) => {
      const row = await place.store.readMachine(name);
      return row && { ...row, machine: { ...row.machine, state: 'current' } };
    };
    expect((await pass({ store: { ...place.store, readMachine } })).removed).toEqual([]);
    expect(place.provider.machines()).toHaveLength(1);
  });

  test('keeps machines that run, that are planned, or that are not ours', async () => {
    const { server } = await place.running();
    const { server: planned } = await place.bought();
    place.provider.put({ name: `gf-${planned.id}-1`, owner: ownerOf(planned.id) });
    place.provider.put({ name: 'somebody-elses', owner: { installation: 'staging', serverId: server.id } });
    place.provider.put({ name: 'untagged', owner: null });
    expect(await pass()).toMatchObject({ removed: [], alerts: [] });
    expect(place.provider.machines()).toHaveLength(4);
  });
});

/** The machines that so many passes remove, each 20 s after the one before. */
async function removedWithin(passes: number): Promise<string[]> {
  const removed: string[] = [];
  for (let n = 0; n < passes; n += 1) {
    removed.push(...(await pass()).removed);
    place.later(20);
  }
  return removed;
}

describe('a pass marks a machine gone', () => {
  test('soon, although a look finds more others than one pass looks for', async () => {
    const all: string[] = [];
    for (let n = 0; n < 61; n += 1) all.push(await abandoned());
    for (let n = 1; n <= 61; n += 1) place.provider.vanish(`vps-${n}`);
    place.later(60);
    const found = new Set<string>();
    const find: Provider['find'] = async (name, owner) => {
      if (found.size < 50) found.add(name);
      return found.has(name) ? [foundLate(name, owner)] : [];
    };
    for (let n = 0; n < 5; n += 1) {
      await pass({ provider: { ...place.provider, find } });
      place.later(20);
    }
    for (const name of all) expect((await rowOf(name)).state).toBe(found.has(name) ? 'abandoned' : 'gone');
  });

  test('only after the lag of the list, and if a second look agrees', async () => {
    const name = await abandoned();
    place.provider.vanish('vps-1');
    await pass();
    expect((await rowOf(name)).state).toBe('abandoned');
    place.later(60);
    const { server } = (await place.store.readMachine(name)) ?? {};
    place.provider.during('find', () => {
      if (server && place.provider.machines().length === 0)
        place.provider.put({ name, owner: { installation: 'test', serverId: server.id } });
    });
    await pass();
    expect((await rowOf(name)).state).toBe('abandoned');
  });
});

/** A machine that a listing did not have, and that a look finds. */
function foundLate(name: string, owner: Owner): CloudMachine {
  const place = { location: 'ewr', plan: 'small', createdAt: new Date(0) };
  return { id: `late-${name}`, name, owner, state: 'running', ipv4: null, ipv6: null, ...place };
}
