import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import {
  anything,
  at,
  buy,
  destroyed,
  failed,
  noon,
  order,
  plain,
  rebuild,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function reads(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('the figures', () => {
    test('of an empty database are empty', async () => {
      expect(await my.store.readFigures()).toEqual({
        servers: [],
        jobs: [],
        machines: [],
        paidWithoutServerSince: null,
      });
    });

    test('count servers by status, open jobs by kind and state, machines by provider, plan and state', async () => {
      await running(my.store);
      await running(my.store, { plan: 'large' });
      const late = await buy(my.store, { now: at(20) });
      await buy(my.store, { now: at(10) });
      await rebuild(my.store, late.server.id, { now: at(30) });
      const figures = await my.store.readFigures();
      expect(figures.paidWithoutServerSince).toEqual(at(10));
      expect(new Set(figures.servers)).toEqual(
        new Set([
          { status: 'running', count: 2 },
          { status: 'installing', count: 2 },
        ]),
      );
      expect(new Set(figures.jobs)).toEqual(
        new Set([
          { kind: 'create', state: 'released', count: 2, oldestAt: at(10) },
          { kind: 'rebuild', state: 'waiting', count: 1, oldestAt: at(30) },
        ]),
      );
      expect(new Set(figures.machines)).toEqual(
        new Set([
          { provider: 'simulator', plan: 'small', state: 'current', count: 1 },
          { provider: 'simulator', plan: 'large', state: 'current', count: 1 },
          { provider: 'simulator', plan: 'small', state: 'planned', count: 2 },
        ]),
      );
    });
  });

  describe('the inventory', () => {
    test('reads every machine of its provider that is not gone, and counts those of other providers', async () => {
      const here = await running(my.store);
      const gone = await destroyed(my.store);
      const elsewhere = await running(my.store, { provider: 'vultr' });
      await settle(my.store, (await buy(my.store, { provider: 'vultr' })).job.id, failed);
      const seen = await my.store.readMachines('simulator');
      expect(new Set(seen.map(({ machine, server }) => `${machine.name} ${server.status}`))).toEqual(
        new Set([`gf-${here.id}-1 running`]),
      );
      expect(await my.store.readMachine(`gf-${gone.id}-1`)).toMatchObject({ machine: { state: 'gone' } });
      const foreign = await my.store.countForeignMachines('simulator');
      expect(foreign).toEqual([{ provider: 'vultr', plan: elsewhere.plan, state: 'current', count: 1 }]);
      expect(await my.store.readMachine(`gf-${here.id}-1`)).toMatchObject({ server: { id: here.id } });
      expect(await my.store.readMachine('gf-none-1')).toBeNull();
    });
  });

  test('the servers destroyed since a time exclude one destroyed at exactly that time', async () => {
    await running(my.store);
    const { id } = await destroyed(my.store);
    const server = (await my.store.readServer(id))?.server;
    const since = async (ms: number) => my.store.readEmptied(new Date((server?.updatedAt.getTime() ?? 0) + ms));
    expect((await since(-1)).map(({ machine }) => machine.name)).toEqual([`gf-${id}-1`]);
    expect(await since(0)).toEqual([]);
  });

  test('every value is read as it was written, to the millisecond and the last character', async () => {
    const now = new Date('2026-12-31T23:59:59.987Z');
    const odd = { customer: 'Zoë \'O\' "Q" 💾 %_\\', reference: ' \n\t', now };
    const { recorded } = await my.store.recordPurchase(order(odd), plain);
    const read = await my.store.readServer(recorded?.server.id ?? '');
    expect(read?.server).toMatchObject({ customer: odd.customer, reference: odd.reference, createdAt: now });
    const value = { open: true, deep: [{ b: 1, a: null }], text: '💾' };
    await my.store.putSetting(anything('any'), value, noon);
    expect(await my.store.readSetting(anything('any'))).toEqual({ value, updatedAt: noon });
    expect(await my.store.readSetting(anything('none'))).toBeNull();
  });
}
