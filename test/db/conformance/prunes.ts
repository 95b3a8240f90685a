import { describe, expect, test } from 'vitest';
import type { Prunable } from '#db/transactions/prune.ts';
import type { Dialect } from '../dialects.ts';
import { apply, over } from './applications.ts';
import {
  abandoned,
  at,
  buy,
  cancel,
  destroy,
  destroyed,
  failed,
  made,
  missing,
  noon,
  order,
  parked,
  plain,
  rebuild,
  removed,
  resume,
  retry,
  running,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';
import { broken } from './invariants.ts';

/** All rows of these tests are older. */
const later = at(1_000_000);

export function prunes(dialect: Dialect): void {
  const my = useFixture(dialect);
  /** Prunes the whole table, and returns how many rows that deleted. */
  const prune = async (what: Prunable, before = later) => {
    let deleted = 0;
    for (let after: string | null = ''; after !== null; ) {
      const page = await my.store.prune(what, { before, after });
      deleted += page.deleted;
      after = page.next;
    }
    return deleted;
  };
  const jobs = async () => (await my.dump()).jobs.map(({ kind, state }) => `${kind} ${state}`).sort();

  describe('the prune of answers', () => {
    const keyed = (key: string, seconds: number) =>
      my.store.recordPurchase(order({ now: at(seconds) }), {
        ...plain,
        idempotency: { token: 'shop', key, bodyHash: 'hash' },
      });

    test('deletes the old ones, and their calls run again', async () => {
      await keyed('key-1', 0);
      await keyed('key-2', 10);
      expect(await prune('answers', at(10))).toBe(1);
      expect((await my.dump()).answers.map(({ key }) => key)).toEqual(['key-2']);
      expect((await keyed('key-1', 20)).recorded).not.toBeNull();
    });

    test('deletes at most a few hundred in a transaction, and the next page goes on', async () => {
      for (let from = 0; from < 400; from += 50)
        await Promise.all(Array.from({ length: 50 }, (_, n) => keyed(`key-${from + n}`, 0)));
      const first = await my.store.prune('answers', { before: later, after: '' });
      expect(first).toEqual({ deleted: 300, next: '' });
      expect(await my.store.prune('answers', { before: later, after: '' })).toEqual({ deleted: 100, next: null });
    });
  });

  describe('the prune of jobs', () => {
    test('deletes those that have a successor in their line, and those of machines that are gone', async () => {
      const { id } = await running(my.store);
      const moved = await rebuild(my.store, id);
      await cancel(my.store, (await rebuild(my.store, id)).job.id);
      const settled = await settle(my.store, moved.job.id, made);
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      expect(await prune('jobs')).toBe(1);
      expect(await jobs()).toEqual(['rebuild cancelled', 'rebuild succeeded', 'retire released']);
      await settle(my.store, retire?.id ?? '', removed);
      expect(await prune('jobs')).toBe(1);
      await settle(my.store, (await destroy(my.store, id)).job.id, removed);
      expect(await prune('jobs')).toBe(2);
      expect(await jobs()).toEqual(['destroy succeeded']);
      expect(broken(await my.dump())).toEqual([]);
    });

    test('leaves those that ended later, and open ones', async () => {
      const { id } = await running(my.store);
      await rebuild(my.store, id);
      expect(await prune('jobs', at(60))).toBe(0);
      expect(await prune('jobs', at(61))).toBe(1);
      expect(await jobs()).toEqual(['rebuild released']);
    });

    test('leaves a failed one that can be retried, also if only cancelled ones follow, and its alert', async () => {
      const { server, job } = await buy(my.store);
      const behind = await rebuild(my.store, server.id);
      await settle(my.store, job.id, parked);
      expect(await prune('jobs')).toBe(0);
      expect((await my.store.readTroubles({ unservedSince: noon, slowSince: noon })).parked.count).toBe(1);
      expect((await my.store.readRetriable({ limit: 10 })).map(({ id }) => id)).toEqual([job.id]);
      const again = await retry(my.store, job.id, at(90));
      expect(again.job.retryOf).toBe(job.id);
      expect(await prune('jobs')).toBe(2);
      expect((await my.dump()).jobs).toEqual([{ ...again.job, retryOf: null }]);
      expect(behind.job.state).toBe('waiting');
    });

    test('leaves the history of the jobs', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const before = (await my.dump()).events;
      expect(await prune('jobs')).toBe(1);
      expect((await my.dump()).events).toEqual(before);
    });

    test('leaves the last suspension of a server, which says who may resume it', async () => {
      const { id } = await running(my.store);
      for (let round = 0; round < 2; round += 1) {
        await settle(my.store, (await suspend(my.store, id)).job.id, removed);
        await settle(my.store, (await resume(my.store, id)).job.id, round === 0 ? made : failed);
      }
      expect(await prune('jobs')).toBe(3);
      expect(await jobs()).toEqual(['resume failed', 'suspend succeeded']);
    });

    test('goes on after the last job of a page, also if nothing of that page may go', async () => {
      for (let count = 0; count < 310; count += 31)
        await Promise.all(Array.from({ length: 31 }, () => running(my.store)));
      const { id } = await running(my.store, { now: at(1) });
      await settle(my.store, (await rebuild(my.store, id, { now: at(2) })).job.id, made);
      const first = await my.store.prune('jobs', { before: later, after: '' });
      expect(first).toEqual({ deleted: 0, next: expect.stringMatching(/^job-/) });
      expect(await my.store.prune('jobs', { before: later, after: first.next ?? '' })).toEqual({
        deleted: 1,
        next: null,
      });
    });
  });

  describe('the prune of machines', () => {
    test('deletes those that are gone and have a successor, once no job refers to them', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      expect(await prune('machines')).toBe(0);
      await settle(my.store, retire?.id ?? '', removed, { now: at(500) });
      expect(await prune('machines')).toBe(0);
      await prune('jobs');
      expect(await prune('machines', at(500))).toBe(0);
      expect(await prune('machines', at(501))).toBe(1);
      expect((await my.dump()).machines.map(({ state }) => state)).toEqual(['current']);
      expect(broken(await my.dump())).toEqual([]);
    });

    test('leaves the last machine of a server that failed, and an abandoned one', async () => {
      const first = await buy(my.store);
      await settle(my.store, first.job.id, failed);
      const second = await buy(my.store);
      await settle(my.store, second.job.id, abandoned);
      await prune('jobs');
      expect(await prune('machines')).toBe(0);
      expect((await my.dump()).machines.map(({ state }) => state).sort()).toEqual(['abandoned', 'gone']);
    });
  });

  describe('the prune of servers', () => {
    test('deletes destroyed ones with their jobs and machines; the purchase and the history stay', async () => {
      const gone = await destroyed(my.store);
      const kept = await running(my.store);
      const before = await my.dump();
      expect(await prune('servers', at(60))).toBe(0);
      expect(await prune('servers')).toBe(1);
      const after = await my.dump();
      expect(after.servers.map(({ id }) => id)).toEqual([kept.id]);
      for (const rows of [after.jobs, after.machines]) expect(rows.map(({ serverId }) => serverId)).toEqual([kept.id]);
      expect([after.purchases, after.events]).toEqual([before.purchases, before.events]);
      expect((await my.store.readHistory(gone.id, 0, 10)).length).toBeGreaterThan(3);
    });

    test('leaves one whose subscription goes on, which then gets no other server', async () => {
      await apply(my.store, 0);
      const { server } = (await my.store.readSubscriptionInFull('sub_1')) ?? missing('sub_1');
      const id = server?.id ?? missing('its server');
      const [create] = (await my.dump()).jobs;
      await settle(my.store, create?.id ?? '', made);
      await settle(my.store, (await destroy(my.store, id)).job.id, removed);
      expect(await prune('servers')).toBe(0);
      await apply(my.store, 100);
      expect(await my.store.readSubscription('sub_1')).toMatchObject({ hold: 'server-destroyed' });
      await apply(my.store, 200, over);
      expect(await prune('servers')).toBe(1);
      expect((await my.dump()).servers).toEqual([]);
    });

    test('leaves those that failed or are being destroyed, and a repeated destroy answers as before', async () => {
      const { server, job } = await buy(my.store);
      await settle(my.store, job.id, failed);
      const going = await running(my.store);
      await destroy(my.store, going.id);
      const gone = await destroyed(my.store);
      await prune('jobs');
      await prune('machines');
      const { job: done } = await destroy(my.store, gone.id, at(900));
      expect(done).toMatchObject({ kind: 'destroy', state: 'succeeded' });
      expect(await prune('servers')).toBe(1);
      expect((await my.dump()).servers.map(({ id }) => id).sort()).toEqual([server.id, going.id].sort());
    });
  });
}
