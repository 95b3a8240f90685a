import { describe, expect, test } from 'vitest';
import { installationSetting, saleSetting } from '#db/settings.ts';
import type { RecordedAlert } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  anything,
  at,
  buy,
  destroy,
  made,
  rebuild,
  removalOrder,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function upkeep(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('a lease', () => {
    const take = (holder: string, seconds: number) =>
      my.store.takeLease('inventory', holder, { now: at(seconds), forMs: 60_000 });

    test('has one holder, which can renew it until it expires', async () => {
      expect(await take('one', 0)).toBe(true);
      expect(await take('two', 30)).toBe(false);
      expect(await take('one', 50)).toBe(true);
      expect(await take('two', 100)).toBe(false);
      expect(await take('two', 111)).toBe(true);
      expect(await take('one', 112)).toBe(false);
    });

    test('requested by many at once goes to one', async () => {
      const stores = [my.store, await my.another()];
      const lease = { now: at(0), forMs: 60_000 };
      const taken = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (stores[n % 2] ?? my.store).takeLease('sweep', `holder-${n}`, lease)),
      );
      expect(taken.filter(Boolean)).toHaveLength(1);
      const again = await Promise.all(
        Array.from({ length: 20 }, (_, n) => my.store.takeLease('sweep', `late-${n}`, { ...lease, now: at(61) })),
      );
      expect(again.filter(Boolean)).toHaveLength(1);
    });

    test('is independent of a lease with another name', async () => {
      await take('one', 0);
      expect(await my.store.takeLease('sweep', 'two', { now: at(0), forMs: 1 })).toBe(true);
    });
  });

  describe('the installation', () => {
    const claim = (installation: string) => my.store.claimInstallation(installation, at(0));

    test('cannot change until the last of its machines is gone', async () => {
      expect(await claim('staging')).toBe('staging');
      expect(await claim('prod')).toBe('prod');
      const { id } = await running(my.store);
      expect(await claim('staging')).toBe('prod');
      expect(await claim('prod')).toBe('prod');
      await settle(my.store, (await destroy(my.store, id)).job.id, removed);
      expect(await claim('staging')).toBe('staging');
    });

    test('of a database without this setting is the first that claims it', async () => {
      await running(my.store);
      expect(await claim('prod')).toBe('prod');
      expect(await claim('staging')).toBe('prod');
    });

    test('is not replaced while there are machines, even if its stored value is not a string', async () => {
      await my.store.putSetting(anything('installation'), 5, at(0));
      await running(my.store);
      await expect(claim('prod')).rejects.toThrow(/"installation" .* is not a JSON text/);
      expect(await my.store.readSetting(installationSetting)).toBeNull();
    });
  });

  describe('the recorded alerts', () => {
    const alert = (id: string, kind: string, seconds: number): RecordedAlert => ({
      id,
      kind,
      subject: id,
      message: `${id} is in trouble.`,
      raisedAt: at(seconds),
      detail: { of: id },
    });
    const recorded = async () =>
      (await my.store.readTroubles({ unservedSince: at(0), slowSince: at(0) })).recorded.map(({ id, raisedAt }) => [
        id,
        raisedAt,
      ]);

    const replace = (kinds: readonly string[], alerts: readonly RecordedAlert[], seconds = 0) =>
      my.store.replaceAlerts(kinds, alerts, at(seconds));

    test('become exactly the given ones: a lasting alert keeps its time, and one that is over is deleted', async () => {
      await replace(['orphan'], [alert('a', 'orphan', 0), alert('b', 'orphan', 1)]);
      await replace(['orphan'], [alert('b', 'orphan', 9), alert('c', 'orphan', 9)]);
      expect(await recorded()).toEqual([
        ['b', at(1)],
        ['c', at(9)],
      ]);
      await replace(['orphan'], []);
      expect(await recorded()).toEqual([]);
    });

    test('take the newest message and detail while they last, even if an id is given twice', async () => {
      const newer = { ...alert('a', 'orphan', 9), message: 'It has changed.', detail: { of: 'b' } };
      await replace(['orphan'], [{ ...alert('a', 'orphan', 0), detail: null }]);
      await replace(['orphan'], [alert('a', 'orphan', 5), newer]);
      expect(await my.store.readAlerts('orphan')).toEqual([{ ...newer, raisedAt: at(0) }]);
    });

    test('keep their time when raised again one by one, and are not cleared while they are held', async () => {
      await my.store.raiseAlert(alert('a', 'orphan', 0));
      await my.store.raiseAlert(alert('a', 'orphan', 9));
      await my.store.raiseAlert(alert('b', 'orphan', 1));
      await my.store.holdAlert('a', at(10));
      await my.store.holdAlert('b', at(60));
      await my.store.holdAlert('none', at(60));
      for (const id of ['a', 'b']) await my.store.clearAlert(id, at(9));
      expect(await recorded()).toEqual([
        ['a', at(0)],
        ['b', at(1)],
      ]);
      for (const id of ['a', 'b']) await my.store.clearAlert(id, at(10));
      expect(await recorded()).toEqual([['b', at(1)]]);
    });

    test('read back as they were recorded, without their hold', async () => {
      const one = alert('a', 'orphan', 0);
      await my.store.raiseAlert(one);
      await my.store.holdAlert('a', at(10));
      expect(await my.store.readAlerts('orphan')).toEqual([one]);
    });

    test('that are held are replaced only once the hold is over', async () => {
      await my.store.raiseAlert(alert('a', 'orphan', 0));
      await my.store.holdAlert('a', at(10));
      await replace(['orphan'], [alert('b', 'orphan', 9)], 9);
      expect(await recorded()).toEqual([
        ['a', at(0)],
        ['b', at(9)],
      ]);
      await replace(['orphan'], [], 10);
      expect(await recorded()).toEqual([]);
    });

    test('of other kinds are not deleted', async () => {
      await replace(['provider'], [alert('p', 'provider', 0)]);
      await replace(['orphan', 'double'], [alert('d', 'double', 1)]);
      await replace(['orphan', 'double'], []);
      expect(await recorded()).toEqual([['p', at(0)]]);
    });
  });

  describe('a machine', () => {
    test('is marked gone once, and only if abandoned or replaced', async () => {
      const { id, machineId } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const mark = (machine: string | null, seconds = 900) => my.store.markMachineGone(machine ?? '', at(seconds));
      expect(await mark(machineId)).toBe(false);
      expect(await mark(rebuilt.job.machineId)).toBe(false);
      await settle(my.store, rebuilt.job.id, made);
      expect(await mark(machineId)).toBe(true);
      expect(await mark(machineId, 901)).toBe(false);
      const lost = await buy(my.store);
      await settle(my.store, lost.job.id, abandoned);
      expect(await mark(lost.job.machineId)).toBe(true);
      const { machines } = await my.dump();
      expect(machines.filter(({ state }) => state === 'gone').map(({ goneAt }) => goneAt)).toEqual([at(900), at(900)]);
    });
  });

  describe('a setting', () => {
    test('has the last value that was stored', async () => {
      await my.store.putSetting(saleSetting, { open: false }, at(0));
      await my.store.putSetting(saleSetting, { open: true }, at(1));
      expect(await my.store.readSetting(saleSetting)).toEqual({ value: { open: true }, updatedAt: at(1) });
    });

    test('with a stored value of another shape reads as not set', async () => {
      await my.store.putSetting(anything('sale'), { open: 'yes' }, at(0));
      expect(await my.store.readSetting(saleSetting)).toBeNull();
    });
  });

  test('the last order of a removal replaces earlier ones for the same id', async () => {
    const newest = { providerId: 'vps-1', name: 'gf-lost-2', orderedBy: 'desk', orderedAt: at(1) };
    await my.store.orderRemoval(removalOrder({ name: 'gf-lost-1', orderedAt: at(0) }));
    await my.store.orderRemoval(removalOrder(newest));
    expect(await my.store.readOrderedRemoval('vps-1')).toEqual(newest);
    expect(await my.store.readOrderedRemoval('vps-2')).toBeNull();
  });

  test('the check that the database accepts writes makes a write, and needs no rows', async () => {
    await my.store.checkWritable(at(0));
    await my.store.checkWritable(at(1));
    expect((await my.dump()).settings).toEqual([{ name: 'writable', value: true, updatedAt: at(1) }]);
  });
}
