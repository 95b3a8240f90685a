import { describe, expect, test } from 'vitest';
import type { Troubles } from '#db/reads/alerts.ts';
import type { Settled } from '#db/transactions/settle.ts';
import type { Dialect } from '../dialects.ts';
import {
  at,
  buy,
  destroy,
  destroyed,
  failed,
  made,
  parked,
  rebuild,
  removed,
  retry,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function trouble(dialect: Dialect): void {
  const my = useFixture(dialect);
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

  describe('trouble', () => {
    const since = { unservedSince: at(100), slowSince: at(100) };
    const firstOf = async (kind: Exclude<keyof Troubles, 'recorded'>, changes: Partial<typeof since> = {}) => {
      const { first, count } = (await my.store.readTroubles({ ...since, ...changes }))[kind];
      expect(count).toBe(first.length);
      return ids(first);
    };

    test('includes customers who paid before the limit and have no machine, or will get none', async () => {
      const waits = await buy(my.store, { now: at(99) });
      const lost = await buy(my.store, { now: at(98) });
      await settle(my.store, lost.job.id, failed);
      const justLost = await buy(my.store, { now: at(101) });
      await settle(my.store, justLost.job.id, failed);
      await buy(my.store, { now: at(100) });
      await running(my.store);
      await destroyed(my.store);
      expect(await firstOf('failed')).toEqual([lost.server.id, justLost.server.id]);
      expect(await firstOf('installing')).toEqual([waits.server.id]);
    });

    const retireOf = (settled: Settled) => (settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '');
    const isParked = () => firstOf('parked');

    test('includes a parked job until another job of its line follows', async () => {
      const bought = await buy(my.store);
      const other = await buy(my.store);
      await settle(my.store, bought.job.id, parked);
      await rebuild(my.store, other.server.id);
      expect(await isParked()).toEqual([bought.job.id]);
      await retry(my.store, bought.job.id);
      expect(await isParked()).toEqual([]);
    });

    test('still includes a parked job if the next job was cancelled with it, or retires another machine', async () => {
      const bought = await buy(my.store);
      await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, parked);
      expect(await isParked()).toEqual([bought.job.id]);

      const { id } = await running(my.store);
      const [first, second] = [await rebuild(my.store, id), await rebuild(my.store, id)];
      await settle(my.store, first.job.id, made);
      await settle(my.store, second.job.id, parked);
      expect(new Set(await isParked())).toEqual(new Set([bought.job.id, second.job.id]));
    });

    test('includes a parked retire until its machine is gone', async () => {
      const { id, machineId } = await running(my.store);
      const retire = retireOf(await settle(my.store, (await rebuild(my.store, id)).job.id, made));
      await settle(my.store, retire, parked);
      await rebuild(my.store, id);
      expect(await isParked()).toEqual([retire]);
      await my.store.markMachineGone(machineId ?? '', at(900));
      expect(await isParked()).toEqual([]);
    });

    test('includes a removal that was ordered before the limit and is not done', async () => {
      const { id } = await running(my.store);
      const removal = await destroy(my.store, id, at(99));
      const recent = await running(my.store);
      await destroy(my.store, recent.id, at(100));
      const slow = (slowSince: Date) => firstOf('slowRemovals', { slowSince });
      expect(await slow(at(100))).toEqual([removal.job.id]);
      expect(await slow(at(99))).toEqual([]);
      await settle(my.store, removal.job.id, removed);
      expect(await slow(at(100))).toEqual([]);
    });

    test('includes a destroy that waits for the job before it', async () => {
      const { server } = await buy(my.store);
      const { job } = await destroy(my.store, server.id, at(99));
      expect(job.state).toBe('waiting');
      expect(await firstOf('slowRemovals')).toEqual([job.id]);
    });

    test('includes a retire only once it is long overdue', async () => {
      const { id } = await running(my.store);
      const retire = retireOf(await settle(my.store, (await rebuild(my.store, id)).job.id, made));
      const slow = (slowSince: Date) => firstOf('slowRemovals', { slowSince });
      expect(await slow(at(360))).toEqual([]);
      expect(await slow(at(361))).toEqual([retire]);
    });
  });
}
