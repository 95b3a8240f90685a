import { describe, expect, test } from 'vitest';
import type { EventRow } from '#db/tables.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  confirmed,
  destroy,
  failed,
  made,
  missing,
  noon,
  rebuild,
  removalOrder,
  removed,
  retry,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function events(dialect: Dialect): void {
  const my = useFixture(dialect);
  const written = async () => (await my.dump()).events.toSorted((a, b) => a.id - b.id);
  const lastOf = async (type: string) => (await written()).findLast((event) => event.type === type) ?? missing(type);
  const causesOf = async ({ uid }: EventRow) =>
    ((await my.store.readEventWithCauses(uid))?.causes ?? missing(uid)).map(({ type }) => type);

  describe('events', () => {
    test.each([
      "UPDATE events SET actor = 'key:nobody'",
      'UPDATE events SET detail = detail WHERE id = (SELECT max(id) FROM events)',
      'DELETE FROM events',
      'DELETE FROM events WHERE id = (SELECT max(id) FROM events)',
      ...(dialect.name === 'postgres' ? ['TRUNCATE events'] : []),
    ])('are kept by the database: %s', async (statement) => {
      await buy(my.store);
      const before = await my.dump();
      expect(before.events).not.toEqual([]);
      await expect((async () => dialect.execute(my.url, statement))()).rejects.toThrow('Events are append-only.');
      expect(await my.dump()).toEqual(before);
    });

    test('name the caller, the request and the parts of the service', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      expect((await written()).map(({ type, actor, requestId }) => [type, actor, requestId])).toEqual([
        ['server.purchased', 'key:shop', 'req-1'],
        ['server.create_started', 'policy', null],
        ['server.ready', 'worker', null],
        ['server.rebuild_requested', 'key:desk', 'req-2'],
        ['server.rebuild_started', 'policy', null],
        ['server.rebuilt', 'worker', null],
        ['machine.retire_started', 'policy', null],
      ]);
    });

    test('lead from the retire of a machine to the rebuild, and from the first machine to the purchase', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      await settle(my.store, settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '', removed);
      expect(await causesOf(await lastOf('machine.retired'))).toEqual(['server.rebuilt', 'server.rebuild_requested']);
      expect(await causesOf(await lastOf('server.ready'))).toEqual(['server.purchased']);
      expect(await my.store.readEventWithCauses('evt-none')).toBeNull();
    });

    test('lead from a cancelled job to the command or the failure that cancelled it', async () => {
      const { server, job } = await buy(my.store);
      await rebuild(my.store, server.id);
      await destroy(my.store, server.id);
      expect(await causesOf(await lastOf('server.rebuild_cancelled'))).toEqual(['server.destroy_requested']);
      const other = await buy(my.store);
      await rebuild(my.store, other.server.id);
      await settle(my.store, other.job.id, failed);
      expect(await causesOf(await lastOf('server.rebuild_cancelled'))).toEqual(['server.failed', 'server.purchased']);
      expect(await lastOf('server.rebuild_cancelled')).toMatchObject({ actor: 'policy' });
      const again = await retry(my.store, other.job.id);
      expect(again.job.cause).toBe((await lastOf('server.create_requested')).uid);
      expect(await lastOf('server.create_requested')).toMatchObject({ detail: { retryOf: other.job.id } });
      expect(job.cause).toBe((await written())[0]?.uid);
    });

    test('show the machines that came and went, with their addresses', async () => {
      const { id } = await running(my.store);
      const second = { ...confirmed, providerId: 'vps-2', ipv4: '192.0.2.2', ipv6: null };
      const settled = await settle(my.store, (await rebuild(my.store, id, { location: 'ams' })).job.id, {
        end: 'made',
        machine: second,
      });
      const old = { name: `gf-${id}-1`, ipv4: '192.0.2.1', ipv6: '2001:db8::1', location: 'ewr' };
      const next = { name: `gf-${id}-2`, ipv4: '192.0.2.2', ipv6: null, location: 'ams' };
      const withId = { id: expect.stringMatching(/^mac-/), ...next };
      expect((await lastOf('server.ready')).detail).toMatchObject({ machines: [old] });
      expect((await lastOf('server.rebuilt')).detail).toMatchObject({ machines: [next] });
      await settle(my.store, settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '', removed);
      expect((await lastOf('machine.retired')).detail).toMatchObject({ machines: [old] });
      await settle(my.store, (await destroy(my.store, id)).job.id, removed);
      expect((await lastOf('server.destroyed')).detail).toEqual({ kind: 'destroy', attempts: 1, machines: [withId] });
    });

    test('have no customer and no reference', async () => {
      const server = await running(my.store, { customer: 'ada@example.com', reference: 'bob@example.com' });
      await settle(my.store, (await destroy(my.store, server.id)).job.id, removed);
      expect(JSON.stringify(await written())).not.toContain('@');
    });

    test('of the sale and of a removal by order name the operator', async () => {
      await my.store.changeSale({ open: false }, actor());
      await my.store.changeSale({ open: true }, actor());
      await my.store.orderRemoval(removalOrder({ serverId: 'srv-lost' }));
      expect(await written()).toMatchObject([
        { type: 'sale.stopped', actor: 'key:desk', requestId: 'req-2' },
        { type: 'sale.resumed', actor: 'key:desk' },
        {
          type: 'machine.removal_ordered',
          actor: 'key:desk',
          requestId: 'req-3',
          subject: 'vps-1',
          serverId: 'srv-lost',
          detail: { name: 'gf-lost-1' },
        },
      ]);
    });

    test('record the removal of a machine once, with the order that caused it', async () => {
      const removal = { name: 'gf-lost-1', because: 'an order', ipv4: '192.0.2.9', ipv6: null, serverId: null };
      const remove = (providerId: string, seconds: number) =>
        my.store.recordRemoval({ ...removal, providerId, now: at(seconds) });
      await my.store.orderRemoval(removalOrder());
      await remove('vps-1', 1);
      await remove('vps-1', 21);
      await remove('vps-2', 21);
      const found = (await written()).filter(({ type }) => type === 'machine.removed');
      expect(found.map(({ subject, actor, cause }) => [subject, actor, cause])).toEqual([
        ['vps-1', 'inventory', (await lastOf('machine.removal_ordered')).uid],
        ['vps-2', 'inventory', null],
      ]);
      expect(found[0]?.detail).toEqual({ name: 'gf-lost-1', because: 'an order', ipv4: '192.0.2.9', ipv6: null });
    });
  });

  describe('a search of the events', () => {
    /** Earlier tests have left their events. */
    const typesOf = async (filter: object) => {
      const own = new Set((await my.dump()).events.map(({ id }) => id));
      const { events } = await my.store.readEvents({ limit: 200, ...filter });
      return events.filter(({ id }) => own.has(id)).map(({ type }) => type);
    };

    test('finds them by actor, type, server and time, newest first', async () => {
      const one = await running(my.store);
      const { server: two, job } = await buy(my.store, { requestedBy: 'key:partner', now: at(3_000) });
      await settle(my.store, job.id, made, { now: at(3_000) });
      const since = at(0);
      expect(await typesOf({ actor: 'key:partner', since })).toEqual(['server.purchased']);
      expect(await typesOf({ type: 'server.ready', since })).toEqual(['server.ready', 'server.ready']);
      expect(await typesOf({ serverId: one.id })).toEqual([
        'server.ready',
        'server.create_started',
        'server.purchased',
      ]);
      expect(await typesOf({ serverId: one.id, actor: 'worker' })).toEqual(['server.ready']);
      expect(await typesOf({ serverId: two.id, since: at(3_000) })).toEqual([
        'server.ready',
        'server.create_started',
        'server.purchased',
      ]);
      expect(await typesOf({ actor: 'key:partner', type: 'server.ready', since })).toEqual([]);
      expect(await typesOf({ since: at(3_001) })).toEqual([]);
    });

    test('finds an event that was written late, at a time that had begun before', async () => {
      await buy(my.store, { now: at(100) });
      await buy(my.store, { now: at(95) });
      expect(await typesOf({ since: at(98) })).toEqual(['server.create_started', 'server.purchased']);
    });

    test('goes on page by page, each event once', async () => {
      for (let n = 0; n < 4; n++) await buy(my.store);
      const all = (await my.store.readEvents({ limit: 8 })).events;
      for (const serverId of [undefined, all[0]?.serverId ?? '']) {
        const expected = all.filter((event) => serverId === undefined || event.serverId === serverId);
        const pages: EventRow[] = [];
        let before: number | undefined;
        while (pages.length < expected.length) {
          const page = await my.store.readEvents({ serverId, before, limit: 1 });
          pages.push(...page.events);
          before = page.next ?? 0;
        }
        expect(pages).toEqual(expected);
      }
    });
  });

  test('the machines that have or had an address are found, also at a time', async () => {
    const lives = [
      { now: at(0), end: at(100) },
      { now: at(200), end: null },
    ];
    const servers: string[] = [];
    for (const { now, end } of lives) {
      const { server, job } = await buy(my.store, { now, customer: `customer of ${now.getTime() - noon.getTime()}` });
      await settle(my.store, job.id, made, { now });
      servers.push(server.id);
      if (end) await settle(my.store, (await destroy(my.store, server.id)).job.id, removed, { now: end });
    }
    const who = async (filter: object) =>
      (await my.store.readMachinesAt({ address: '192.0.2.1', limit: 9, ...filter })).map(({ server }) => server.id);
    expect(await who({})).toEqual(servers.toReversed());
    expect(await who({ address: '2001:db8::1' })).toEqual(servers.toReversed());
    expect(await who({ address: '192.0.2.2' })).toEqual([]);
    expect(await who({ at: at(50) })).toEqual([servers[0]]);
    expect(await who({ at: at(150) })).toEqual([]);
    expect(await who({ at: at(9_999) })).toEqual([servers[1]]);
    const [newest] = await my.store.readMachinesAt({ address: '192.0.2.1', limit: 1 });
    expect(newest?.server.customer).toBe('customer of 200000');
    expect(await who({ after: newest?.machine.id })).toEqual([servers[0]]);
  });
}
