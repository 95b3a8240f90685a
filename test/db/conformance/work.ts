import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import {
  at,
  buy,
  cancelled,
  confirmed,
  destroy,
  failed,
  made,
  rebuild,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function work(dialect: Dialect): void {
  const my = useFixture(dialect);
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

  describe('the work of a job', () => {
    test('has its row, its server, its new machine, and every machine that is not gone, oldest first', async () => {
      const { id } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const work = await my.store.readWork(rebuilt.job.id);
      expect({ job: rebuilt.job, server: rebuilt.server }).toMatchObject({ job: work?.job, server: work?.server });
      expect(work).toMatchObject({ server: { id }, machine: { name: `gf-${id}-2` } });
      expect(work?.machines.map(({ name, state }) => [name, state])).toEqual([
        [`gf-${id}-1`, 'current'],
        [`gf-${id}-2`, 'planned'],
      ]);
      await settle(my.store, rebuilt.job.id, failed);
      expect((await my.store.readWork(rebuilt.job.id))?.machines.map(({ name }) => name)).toEqual([`gf-${id}-1`]);
      expect(await my.store.readWork('job-none')).toBeNull();
    });

    test('of a retire includes the machine that it removes', async () => {
      const { id, machineId } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
      expect(await my.store.readWork(retire)).toMatchObject({ machine: { id: machineId, state: 'replaced' } });
    });

    test('that makes a machine includes the account of the newest machine at the same provider', async () => {
      const first = await buy(my.store);
      const accountInUse = async (jobId: string) => (await my.store.readWork(jobId))?.accountInUse;
      expect(await accountInUse(first.job.id)).toBeNull();
      await settle(my.store, first.job.id, made);
      const second = await buy(my.store);
      expect(await accountInUse(second.job.id)).toBe(confirmed.account);
      const elsewhere = await buy(my.store, { provider: 'vultr' });
      expect(await accountInUse(elsewhere.job.id)).toBeNull();
      const removal = await destroy(my.store, first.server.id);
      expect(await accountInUse(removal.job.id)).toBeNull();
      await settle(my.store, removal.job.id, removed);
      expect(await accountInUse(second.job.id)).toBeNull();
    });
  });

  describe('a checkpoint', () => {
    test('returns the state of the job, and null for an id without a job', async () => {
      const bought = await buy(my.store);
      expect(await my.store.readCheckpoint(bought.job.id)).toEqual({
        state: 'released',
        destroyWaits: false,
        cancelAsked: false,
      });
      await settle(my.store, bought.job.id, made);
      expect(await my.store.readCheckpoint(bought.job.id)).toEqual({
        state: 'succeeded',
        destroyWaits: false,
        cancelAsked: false,
      });
      expect(await my.store.readCheckpoint('job-none')).toBeNull();
    });

    test('shows a destroy that waits in the same line, and in no other', async () => {
      const mine = await buy(my.store);
      const other = await buy(my.store);
      await destroy(my.store, mine.server.id);
      expect(await my.store.readCheckpoint(mine.job.id)).toEqual({
        state: 'released',
        destroyWaits: true,
        cancelAsked: false,
      });
      expect(await my.store.readCheckpoint(other.job.id)).toEqual({
        state: 'released',
        destroyWaits: false,
        cancelAsked: false,
      });
      await settle(my.store, mine.job.id, cancelled);
      expect(await my.store.readCheckpoint(mine.job.id)).toEqual({
        state: 'cancelled',
        destroyWaits: false,
        cancelAsked: false,
      });
    });
  });

  test('the due jobs are the released ones whose due time is reached, oldest first', async () => {
    const first = await buy(my.store, { now: at(1) });
    const { id } = await running(my.store, { now: at(2) });
    const settled = await settle(my.store, (await rebuild(my.store, id, { now: at(3) })).job.id, made);
    const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
    await rebuild(my.store, first.server.id);
    const due = async (now: Date) => {
      const { ids, last } = await my.store.readDuePage({ now, releasedBefore: now, after: '', limit: 10 });
      expect(last).toBeNull();
      return my.store.readReleased(ids);
    };
    const before = await due(at(359));
    const { requestId, serverId, createdAt, releasedAt } = first.job;
    const asked = { rank: 0, requestedBy: 'key:shop', requestId };
    expect(before).toEqual([
      { id: first.job.id, kind: 'create', serverId, ...asked, createdAt, dueAt: null, releasedAt },
    ]);
    expect(ids(await due(at(360)))).toEqual([first.job.id, retire]);
  });

  test('pages of due jobs follow each other, also past a page without one', async () => {
    const jobs = [await buy(my.store, { now: at(1) }), await buy(my.store, { now: at(2) })].map(({ job }) => job.id);
    const page = (after: string, releasedBefore: Date) =>
      my.store.readDuePage({ now: at(9), releasedBefore, after, limit: 1 });
    expect(await page('', at(9))).toEqual({ ids: [jobs[0]], last: jobs[0] });
    expect(await page(jobs[0] ?? '', at(1))).toEqual({ ids: [], last: jobs[1] });
    expect(await page(jobs[1] ?? '', at(9))).toEqual({ ids: [], last: null });
  });
}
