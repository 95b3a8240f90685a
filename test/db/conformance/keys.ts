import { describe, expect, test } from 'vitest';
import { KeyNameTakenError, KeyStateError, NotFoundError } from '#db/errors.ts';
import type { Scope } from '#db/keys.ts';
import type { Dialect } from '../dialects.ts';
import { actor, at, useFixture } from './fixture.ts';

export function keys(dialect: Dialect): void {
  const my = useFixture(dialect);
  let made = 0;
  const wanted = (name: string, changes: { scopes?: Scope[]; expiresAt?: Date } = {}) => {
    const mark = { digest: `digest-${made++}`, last4: 'abcd' };
    return { name, ...mark, scopes: ['servers:read' as Scope], customer: null, expiresAt: null, ...changes };
  };
  const make = (name: string, changes = {}) => my.store.recordKey(wanted(name, changes), actor());
  const writer = { scopes: ['keys:write'] };
  const events = async () => (await my.dump()).events;
  const eventTypes = async () => (await events()).map(({ type }) => type).toSorted();

  describe('a key', () => {
    test('is found by its digest and by its id, and listed with the newest first', async () => {
      const shop = await make('shop', { customer: 'ada', expiresAt: at(60) });
      const later = await my.store.recordKey(wanted('later'), { ...actor(), now: at(60) });
      expect(await my.store.findKey(shop.digest)).toEqual(shop);
      expect(await my.store.readKey(shop.id)).toEqual(shop);
      expect(await my.store.findKey('digest')).toBeNull();
      expect(await my.store.readKeys({ limit: 9 })).toEqual([later, shop]);
      expect(await my.store.readKeys({ after: later.id, limit: 9 })).toEqual([shop]);
    });

    test('leaves an event that has neither customer nor digest', async () => {
      const first = await make('shop', { customer: 'ada@example.com' });
      expect(await events()).toMatchObject([
        { type: 'key.created', subject: first.id, detail: { name: 'shop', ofOneCustomer: true } },
      ]);
      expect(JSON.stringify(await events())).not.toMatch(/@|digest/);
    });

    test('keeps its name for itself, also after it is revoked', async () => {
      const { id } = await make('shop');
      await expect(make('shop')).rejects.toThrow(KeyNameTakenError);
      await my.store.revokeKey(id, actor());
      await expect(make('shop')).rejects.toThrow(KeyNameTakenError);
    });

    test('is found by both secrets after a rotation, and by two at most', async () => {
      const first = await make('shop');
      const rotate = (digest: string) =>
        my.store.rotateKey({ id: first.id, digest, last4: 'wxyz', oldUntil: at(60) }, actor());
      const second = await rotate('second');
      expect(second).toMatchObject({ digest: 'second', oldDigest: first.digest, oldUntil: at(60), last4: 'wxyz' });
      expect(await my.store.findKey(first.digest)).toEqual(second);
      await rotate('third');
      expect(await my.store.findKey(first.digest)).toBeNull();
      expect(await my.store.findKey('second')).toMatchObject({ digest: 'third' });
      expect(await eventTypes()).toEqual(['key.created', 'key.rotated', 'key.rotated']);
    });

    test('that is revoked or expired is not rotated, and one that does not exist is not found', async () => {
      const revoked = await make('revoked');
      const expired = await make('expired', { expiresAt: at(-1) });
      await my.store.revokeKey(revoked.id, actor());
      const rotate = (id: string) => my.store.rotateKey({ id, digest: id, last4: '', oldUntil: at(60) }, actor());
      await expect(rotate(revoked.id)).rejects.toThrow(KeyStateError);
      await expect(rotate(expired.id)).rejects.toThrow(KeyStateError);
      await expect(rotate('key-none')).rejects.toThrow(NotFoundError);
      await expect(my.store.revokeKey('key-none', actor())).rejects.toThrow(NotFoundError);
    });

    test('is revoked once', async () => {
      const { id } = await make('shop');
      const revoked = await my.store.revokeKey(id, actor());
      expect(revoked.revokedAt).toEqual(actor().now);
      expect(await my.store.revokeKey(id, { ...actor(), now: at(9) })).toEqual(revoked);
      expect(await eventTypes()).toEqual(['key.created', 'key.revoked']);
    });

    test('that is the last valid one with keys:write is not revoked', async () => {
      const first = await make('first', writer);
      await make('expired', { ...writer, expiresAt: at(-1) });
      await make('reader');
      await expect(my.store.revokeKey(first.id, actor())).rejects.toThrow(KeyStateError);
      await make('second', writer);
      await my.store.revokeKey(first.id, actor());
    });

    test('of two that are revoked at once, the last with keys:write stays', async () => {
      const other = await my.another();
      let last = await make('first', writer);
      for (let round = 0; round < 10; round += 1) {
        const next = await make(`next-${round}`, writer);
        const ends = await Promise.allSettled([
          my.store.revokeKey(last.id, actor()),
          other.revokeKey(next.id, actor()),
        ]);
        expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        last = ends[0].status === 'fulfilled' ? next : last;
      }
    });

    test('has the time of its use, to the minute', async () => {
      const { id } = await make('shop');
      const usedAt = async () => (await my.store.readKey(id))?.usedAt;
      for (const [used, shown] of [
        [0, 0],
        [59, 0],
        [61, 61],
      ] as const) {
        await my.store.touchKey(id, at(used));
        expect(await usedAt()).toEqual(at(shown));
      }
    });
  });
}
