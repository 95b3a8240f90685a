import { describe, expect, test } from 'vitest';
import { NotFoundError, TooManyLinksError } from '#db/errors.ts';
import { linksPerServer } from '#db/transactions/links.ts';
import type { Dialect } from '../dialects.ts';
import { actor, at, buy, destroy, made, missing, removed, running, settle, useFixture } from './fixture.ts';

export function links(dialect: Dialect): void {
  const my = useFixture(dialect);
  const make = async (serverId: string, digest: string, { expires = 60, now = 0 } = {}) => {
    const wanted = { serverId, digest, may: ['view', 'vpn'], expiresAt: at(expires) } as const;
    const asked = { actor: actor(at(now)), idempotency: null, answer: () => null };
    return (await my.store.makeLink({ wanted, ...asked })).recorded;
  };

  describe('a link to the customer’s page', () => {
    test('is found by its digest with its server until it expires, and leaves one event', async () => {
      const server = await running(my.store);
      await buy(my.store);
      const link = (await make(server.id, 'abc')) ?? missing('link');
      const found = (await my.store.readLink('abc', at(59))) ?? missing('link');
      expect(found).toEqual({
        link: {
          ...{ id: link.id, serverId: server.id, digest: 'abc', may: ['view', 'vpn'] },
          ...{ createdBy: 'key:desk', createdAt: at(0), expiresAt: at(60) },
        },
        server: expect.objectContaining({ id: server.id, status: 'running' }),
        machine: expect.objectContaining({ serverId: server.id }),
        subscriptionId: null,
      });
      expect(await my.store.readLink('abc', at(60))).toBeNull();
      expect(await my.store.readLink('ab', at(1))).toBeNull();
      const events = (await my.dump()).events.filter(({ type }) => type.startsWith('server.link'));
      expect(events).toMatchObject([
        { type: 'server.link_made', serverId: server.id, subject: link.id, actor: 'key:desk', requestId: 'req-2' },
      ]);
      expect(JSON.stringify(events)).not.toContain('abc');
    });

    test('is listed until it expires, and deleted with the next link of its server', async () => {
      const [server, other] = [await running(my.store), await running(my.store)];
      await make(other.id, 'other', { expires: 10 });
      await make(server.id, 'one', { expires: 10 });
      await make(server.id, 'two', { expires: 60, now: 1 });
      const listed = async (now: number) => (await my.store.readLinks(server.id, at(now))).map(({ digest }) => digest);
      expect([await listed(9), await listed(10)]).toEqual([['one', 'two'], ['two']]);
      await make(server.id, 'three', { now: 20 });
      expect((await my.dump()).links.map(({ digest }) => digest).toSorted()).toEqual(['other', 'three', 'two']);
    });

    test('is made once for an idempotency key, also after it is revoked', async () => {
      const server = await running(my.store);
      const idempotency = { token: 'desk', key: 'one', bodyHash: 'a' };
      const makeOnce = (digest: string) =>
        my.store.makeLink({
          ...{ actor: actor(), idempotency, answer: (link) => link?.id },
          wanted: { serverId: server.id, digest, may: ['view'], expiresAt: at(60) },
        });
      const { body: id } = await makeOnce('abc');
      expect(await makeOnce('def')).toEqual({ body: id, recorded: null });
      await my.store.revokeLink({ serverId: server.id, id: String(id) }, actor());
      expect(await makeOnce('abc')).toEqual({ body: id, recorded: null });
      expect((await my.dump()).links).toEqual([]);
      expect((await my.dump()).events.filter(({ type }) => type === 'server.link_made')).toHaveLength(1);
    });

    test('is gone when it is revoked, with one event', async () => {
      const [server, other] = [await running(my.store), await running(my.store)];
      const { id } = (await make(server.id, 'abc')) ?? missing('link');
      await expect(my.store.revokeLink({ serverId: other.id, id }, actor())).rejects.toThrow(NotFoundError);
      await my.store.revokeLink({ serverId: server.id, id }, actor());
      expect(await my.store.readLink('abc', at(1))).toBeNull();
      await expect(my.store.revokeLink({ serverId: server.id, id }, actor())).rejects.toThrow(NotFoundError);
      expect((await my.dump()).events.filter(({ type }) => type === 'server.link_revoked')).toMatchObject([
        { serverId: server.id, subject: id, actor: 'key:desk' },
      ]);
    });

    test('is refused to an unknown server, a destroyed one, and one that has many', async () => {
      await expect(make('srv-none', 'abc')).rejects.toThrow(NotFoundError);
      const server = await running(my.store);
      for (let n = 0; n < linksPerServer; n++) await make(server.id, `digest-${n}`);
      await expect(make(server.id, 'one more')).rejects.toThrow(TooManyLinksError);
      expect(await make(server.id, 'later', { expires: 120, now: 60 })).not.toBeNull();
      await settle(my.store, (await destroy(my.store, server.id)).job.id, removed);
      expect(await make(server.id, 'late', { expires: 120, now: 61 })).toBeNull();
    });

    test('goes with its server when that is pruned', async () => {
      const { server, job } = await buy(my.store);
      await settle(my.store, job.id, made);
      await make(server.id, 'abc');
      await settle(my.store, (await destroy(my.store, server.id)).job.id, removed);
      expect((await my.store.readLink('abc', at(1)))?.server.status).toBe('destroyed');
      expect((await my.store.prune('servers', { before: at(1e6), after: '' })).deleted).toBe(1);
      expect((await my.dump()).links).toEqual([]);
    });
  });
}
