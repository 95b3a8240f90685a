import { describe, expect, test } from 'vitest';
import { queueSetting, saleSetting } from '#db/settings.ts';
import type { Dialect } from '../dialects.ts';
import { anything, at, buy, failed, made, rebuild, settle, useFixture } from './fixture.ts';

const never = { by: null, reason: null, at: null };

export function switches(dialect: Dialect): void {
  const my = useFixture(dialect);
  const put = (name: string, value: unknown) => my.store.putSetting(anything(name), value, at(5));

  describe('the switches', () => {
    test('are on, and changed by nobody, in a new database', async () => {
      expect(await my.store.readSwitches()).toEqual({ sale: { open: true, ...never }, queue: null });
    });

    test('have who changed them last, when and why', async () => {
      await my.store.putSetting(saleSetting, { open: false, by: 'ada', reason: 'No stock' }, at(1));
      await my.store.putSetting(queueSetting, { paused: true, by: 'bob', reason: null }, at(2));
      expect(await my.store.readSwitches()).toEqual({
        sale: { open: false, by: 'ada', reason: 'No stock', at: at(1) },
        queue: { paused: true, by: 'bob', reason: null, at: at(2) },
      });
    });

    test.each([
      ['of an older version', { open: false }, false],
      ['that cannot be read', 'nonsense', false],
      ['whose other fields cannot be read', { open: true, by: 5, reason: {} }, true],
    ])('of a setting %s are shown as a purchase would see them', async (_, value, open) => {
      await put('sale', value);
      await put('queue', value);
      expect(await my.store.readSwitches()).toEqual({
        sale: { open, by: null, reason: null, at: at(5) },
        queue: null,
      });
      const bought = buy(my.store).then(
        () => true,
        () => false,
      );
      expect(await bought).toBe(open);
    });
  });

  describe('the servers that alerts concern', () => {
    test('have their reference, and the job that is released or has failed last', async () => {
      const waits = await buy(my.store, { reference: 'order-1' });
      await rebuild(my.store, waits.server.id);
      const lost = await buy(my.store);
      await rebuild(my.store, lost.server.id);
      await settle(my.store, lost.job.id, failed);
      const well = await buy(my.store);
      await settle(my.store, well.job.id, made);
      const ids = [waits, lost, well].map(({ server }) => server.id);
      const concerned = await my.store.readConcerned([...ids, 'srv-none']);
      expect(new Map(concerned.map(({ id, reference, jobId }) => [id, { reference, jobId }]))).toEqual(
        new Map([
          [ids[0], { reference: 'order-1', jobId: waits.job.id }],
          [ids[1], { reference: null, jobId: lost.job.id }],
          [ids[2], { reference: null, jobId: null }],
        ]),
      );
    });
  });
}
