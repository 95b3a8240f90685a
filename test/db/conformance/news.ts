import { describe, expect, test } from 'vitest';
import { type NewsType, newsTypes } from '#db/news.ts';
import type { Endpoint } from '#db/news-tables.ts';
import { eq } from '#db/orm.ts';
import { restoredSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { DeliveryEnd, SettledDelivery } from '#db/transactions/news/settle.ts';
import type { Dialect } from '../dialects.ts';
import {
  actor,
  at,
  buy,
  destroy,
  failed,
  made,
  missing,
  noon,
  order,
  plain,
  rebuild,
  removed,
  running,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';

const shopUrl = 'https://shop.test/hook?token=t';
const hourS = 3_600;
const dayS = 24 * hourS;

export function news(dialect: Dialect): void {
  const my = useFixture(dialect);
  let endpoints = 0;
  const hook = (types: readonly NewsType[] = newsTypes, url = shopUrl): Promise<Endpoint> => {
    endpoints += 1;
    const id = `hook-${endpoints}`;
    return my.store.addEndpoint({ id, url, types: [...types], secretSealed: `secret of ${id}` }, actor());
  };
  const deliveries = async () =>
    (await my.dump()).deliveries.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  const only = async () => {
    const [one, ...others] = await deliveries();
    expect(others).toEqual([]);
    return one ?? missing('delivery');
  };
  const endpointOf = async (id: string) => (await my.store.readEndpoint(id)) ?? missing('endpoint');
  const end = (id: string, changes: Partial<DeliveryEnd> = {}): Promise<SettledDelivery> => {
    const now = changes.now ?? at(1);
    const after = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
    const failure = { end: 'failed', status: 503, error: 'Answered 503.', nextAt: after(5) } as const;
    const attempt = { id, url: shopUrl, attempts: 0, now, probeAt: (n: number) => after(n * 60) };
    return my.store.settleDelivery({ ...attempt, ...failure, ...changes });
  };
  const write = (steps: (context: Context) => Steps<void>) =>
    my.database.transact('write', steps, { busyTimeoutMs: 5_000 });
  const delivered = { end: 'delivered', status: 204, error: null, nextAt: null } as const;
  const due = async (seconds: number) => (await my.store.readDueDeliveries(at(seconds))).map(({ id }) => id);
  const eventsOf = async (prefix: string) =>
    (await my.dump()).events.filter(({ type }) => /^(webhook|delivery)\./.test(type) && type.startsWith(prefix));
  const bodyOf = ({ message }: { readonly message: string }) => JSON.parse(message);

  describe('the deliveries of an event', () => {
    test('are written in its transaction, one for each endpoint that wants it', async () => {
      await buy(my.store);
      expect(await deliveries()).toEqual([]);
      const [all, some] = [await hook(), await hook(['server.purchased'])];
      await hook(['server.destroyed']);
      const { server } = await buy(my.store);
      const made = await deliveries();
      expect(made.map(({ endpointId }) => endpointId).sort()).toEqual([all.id, some.id]);
      expect(new Set(made.map(({ message }) => message)).size).toBe(1);
      const [event] = (await my.dump()).events.filter(
        ({ serverId, type }) => serverId === server.id && type === 'server.purchased',
      );
      for (const delivery of made) {
        expect(delivery).toMatchObject({
          eventId: event?.uid,
          type: 'server.purchased',
          state: 'waiting',
          attempts: 0,
        });
        expect([delivery.createdAt, delivery.nextAt]).toEqual([noon, noon]);
        expect(delivery.id).toMatch(/^dlv-[0-9a-hjkmnp-tv-z]{18}$/);
      }
    });

    test('are not written if the transaction is rolled back, nor for an endpoint that is off', async () => {
      const { id } = await hook();
      await expect(my.store.recordPurchase(order({ maxServers: 0 }), plain), 'every server is sold').rejects.toThrow();
      const { job } = await buy(my.store);
      await expect(settle(my.store, job.id, made).then(() => settle(my.store, job.id, made))).resolves.toEqual({
        end: 'fenced',
      });
      expect((await deliveries()).map(({ type }) => type)).toEqual(['server.purchased', 'server.ready']);
      await my.store.changeEndpoint(id, { state: 'off' }, actor());
      await hook(['server.destroyed']);
      await buy(my.store);
      expect((await deliveries()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
    });

    test('say what happened, to which server of which customer, in the order of their sequence', async () => {
      await hook();
      const { server, purchase, job } = await buy(my.store, { reference: 'order-7', customer: 'Ada "x"' });
      await settle(my.store, job.id, made);
      const moved = await rebuild(my.store, server.id, { location: 'fra', now: at(70) });
      await settle(my.store, moved.job.id, failed, { now: at(80) });
      await settle(my.store, (await suspend(my.store, server.id, at(90))).job.id, removed, { now: at(100) });
      await settle(my.store, (await destroy(my.store, server.id, at(110))).job.id, removed, { now: at(120) });
      const bodies = (await deliveries()).map(bodyOf);
      const about = { serverId: server.id, purchaseId: purchase.id, customer: 'Ada "x"', reference: 'order-7' };
      const address = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' };
      const none = { ipv4: null, ipv6: null };
      for (const { data } of bodies) expect(data).toMatchObject({ ...about, hostname: server.hostname, plan: 'small' });
      expect(
        bodies.map(({ type, data: { status, location, ipv4, ipv6 } }) => [type, { status, location, ipv4, ipv6 }]),
      ).toEqual([
        ['server.purchased', { status: 'installing', location: 'ewr', ...none }],
        ['server.ready', { status: 'running', location: 'ewr', ...address }],
        ['server.rebuild_requested', { status: 'running', location: 'fra', ...address }],
        ['server.rebuild_failed', { status: 'running', location: 'ewr', ...address }],
        ['server.suspended', { status: 'suspended', location: 'ewr', ...none }],
        ['server.destroy_requested', { status: 'suspended', location: 'ewr', ...none }],
        ['server.destroyed', { status: 'destroyed', location: 'ewr', ...none }],
      ]);
      expect(bodies[0].timestamp).toBe(noon.toISOString());
      expect(bodies[3].data).toMatchObject({ jobId: moved.job.id, detail: { error: 'Sold out.' } });
      const sequence = bodies.map(({ data }) => data.sequence);
      expect(sequence).toEqual(sequence.toSorted((a, b) => a - b));
      expect(new Set(sequence).size).toBe(sequence.length);
    });

    test('have a higher sequence after a restore', async () => {
      await hook(['server.purchased']);
      await buy(my.store);
      const before = bodyOf(await only()).data.sequence;
      await my.store.putSetting(restoredSetting, 497_000, noon);
      await buy(my.store);
      const after = Math.max(...(await deliveries()).map((one) => bodyOf(one).data.sequence));
      expect(after - 497_000 * 2 ** 32).toBeGreaterThan(before);
      expect(after - 497_000 * 2 ** 32).toBeLessThan(before + 10);
      expect(Number.isSafeInteger(after)).toBe(true);
    });
  });

  describe('the attempts of a delivery', () => {
    test('a success closes it, and a second one changes nothing', async () => {
      await hook(['server.purchased']);
      await buy(my.store);
      const { id } = await only();
      expect(await end(id, delivered)).toEqual({ end: 'settled', off: null, due: [] });
      const after = await only();
      expect(after).toMatchObject({
        state: 'delivered',
        attempts: 1,
        lastStatus: 204,
        lastError: null,
        deliveredAt: at(1),
      });
      expect(await end(id, { ...delivered, now: at(9) })).toEqual({ end: 'fenced' });
      expect(await end(id, { now: at(9) })).toEqual({ end: 'fenced' });
      expect(await only()).toEqual(after);
    });

    test('a failure sets the next one; a late second failure of the same attempt is fenced, a late success counts', async () => {
      const { id: endpointId } = await hook(['server.purchased']);
      await buy(my.store);
      const { id } = await only();
      expect(await end(id)).toEqual({ end: 'settled', off: null, due: [] });
      expect(await only()).toMatchObject({ state: 'waiting', attempts: 1, nextAt: at(6), lastStatus: 503 });
      expect(await end(id, { now: at(3) })).toEqual({ end: 'fenced' });
      expect(await endpointOf(endpointId)).toMatchObject({ failures: 1, failingSince: at(1), failingId: id });
      expect([await due(5), await due(6)]).toEqual([[], [id]]);
      expect(await end(id, { ...delivered, now: at(7) })).toMatchObject({ end: 'settled' });
      expect(await endpointOf(endpointId)).toMatchObject({ failures: 0, failingSince: null, failingId: null });
    });

    test('the last failure closes it as failed', async () => {
      await hook(['server.purchased']);
      await buy(my.store);
      const { id } = await only();
      await end(id, { nextAt: null });
      expect(await only()).toMatchObject({ state: 'failed', attempts: 1, lastError: 'Answered 503.' });
      expect(await due(dayS)).toEqual([]);
    });
  });

  describe('the deliveries that are due', () => {
    test('are two of each endpoint, the oldest first, and the settle of one names the next', async () => {
      const [one] = [await hook(['server.purchased']), await hook(['server.purchased'])];
      for (const second of [3, 1, 2]) await buy(my.store, { now: at(second) });
      const mine = (await deliveries()).filter(({ endpointId }) => endpointId === one.id).map(({ id }) => id);
      const found = await my.store.readDueDeliveries(at(9));
      expect(found).toHaveLength(4);
      expect(found.filter(({ endpointId }) => endpointId === one.id).map(({ id }) => id)).toEqual(mine.slice(0, 2));
      expect(await my.store.readOpenDeliveries(found.map(({ id }) => id))).toHaveLength(4);
      const settled = await end(mine[0] ?? '', { ...delivered, now: at(10) });
      expect(settled.end === 'settled' && settled.due.map(({ id }) => id)).toEqual(mine.slice(1));
    });

    test('are one at the time of the probe after five failures, and all again after a success', async () => {
      const { id: endpointId } = await hook(['server.purchased']);
      for (let n = 0; n < 6; n += 1) await buy(my.store, { now: at(n) });
      const ids = (await deliveries()).map(({ id }) => id);
      for (const id of ids.slice(0, 4)) await end(id, { now: at(10), nextAt: at(hourS) });
      expect(await due(11)).toEqual(ids.slice(4));
      const fifth = await end(ids[4] ?? '', { now: at(12), nextAt: at(hourS) });
      expect(fifth).toEqual({ end: 'settled', off: null, due: [] });
      expect(await endpointOf(endpointId)).toMatchObject({ failures: 5, probeAt: at(12 + 5 * 60) });
      expect([await due(13), await due(12 + 5 * 60)]).toEqual([[], [ids[5]]]);
      const probe = await end(ids[5] ?? '', { ...delivered, now: at(2 * hourS) });
      expect(probe.end === 'settled' && probe.due.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    });
  });

  describe('an endpoint is switched off', () => {
    test('by the answer 410, with one event', async () => {
      const { id } = await hook(['server.purchased']);
      const { server } = await buy(my.store);
      const delivery = await only();
      expect(await end(delivery.id, { end: 'gone', status: 410, nextAt: null })).toEqual({
        end: 'settled',
        off: 'gone',
        due: [],
      });
      expect(await endpointOf(id)).toMatchObject({ state: 'off', offReason: 'gone' });
      expect(await eventsOf('webhook.off')).toMatchObject([
        { actor: 'worker', subject: id, cause: delivery.eventId, detail: { reason: 'gone' } },
      ]);
      expect(server.id).toBeDefined();
    });

    test('after five days, if two messages failed 12 hours apart', async () => {
      const { id } = await hook(['server.purchased']);
      for (let n = 0; n < 2; n += 1) await buy(my.store, { now: at(n) });
      const [first = missing('first'), second = missing('second')] = (await deliveries()).map((one) => one.id);
      const fail = (one: string, attempts: number, seconds: number) =>
        end(one, { attempts, now: at(seconds), nextAt: at(seconds + 60) });
      await fail(first, 0, 10);
      await fail(second, 0, 11 * hourS);
      await fail(first, 1, 6 * dayS);
      expect(await endpointOf(id), 'one message only has failed for so long').toMatchObject({
        state: 'on',
        apartAt: null,
      });
      expect(await fail(second, 1, 6 * dayS + 1)).toMatchObject({ off: 'failing' });
      expect(await endpointOf(id)).toMatchObject({ state: 'off', offReason: 'failing' });
    });

    test('not within five days', async () => {
      const { id } = await hook(['server.purchased']);
      for (let n = 0; n < 2; n += 1) await buy(my.store, { now: at(n) });
      const [first = missing('first'), second = missing('second')] = (await deliveries()).map((one) => one.id);
      await end(first, { now: at(0), nextAt: at(1) });
      await end(second, { now: at(13 * hourS), nextAt: at(14 * hourS) });
      await end(first, { attempts: 1, now: at(5 * dayS - 1), nextAt: at(6 * dayS) });
      expect(await endpointOf(id)).toMatchObject({ state: 'on', apartAt: at(13 * hourS) });
      await end(second, { attempts: 1, now: at(5 * dayS), nextAt: at(6 * dayS) });
      expect(await endpointOf(id)).toMatchObject({ state: 'off' });
    });

    test('by an operator; on again it starts afresh, and the deliveries that waited are cancelled', async () => {
      const { id } = await hook(['server.purchased']);
      await buy(my.store);
      const delivery = await only();
      await end(delivery.id);
      await my.store.changeEndpoint(id, { state: 'off' }, actor());
      expect(await endpointOf(id)).toMatchObject({ state: 'off', offReason: 'operator', failures: 1 });
      expect([await due(dayS), await my.store.readOpenDeliveries([delivery.id])]).toEqual([[], []]);
      await my.store.changeEndpoint(id, { state: 'on' }, actor());
      expect(await endpointOf(id)).toMatchObject({ state: 'on', offReason: null, failures: 0 });
      expect(await only()).toMatchObject({ state: 'cancelled' });
      expect(await eventsOf('webhook.changed')).toHaveLength(2);
    });
  });

  describe('a replay', () => {
    test('sends what was not delivered since then: failed, cancelled and missed', async () => {
      const { id } = await hook(['server.purchased']);
      await buy(my.store, { now: at(-dayS) });
      await buy(my.store, { now: at(1) });
      await buy(my.store, { now: at(2) });
      const [, one = missing('one'), two = missing('two')] = (await deliveries()).map((found) => found.id);
      await end(one, { ...delivered });
      await end(two, { nextAt: null });
      await my.store.changeEndpoint(id, { state: 'off' }, actor(at(3)));
      await buy(my.store, { now: at(4) });
      await my.store.changeEndpoint(id, { state: 'on' }, actor(at(5)));
      expect(await my.store.replay({ id, since: at(0) }, actor(at(6)))).toBe(2);
      const states = (await deliveries()).map(({ state, attempts, nextAt }) => ({ state, attempts, nextAt }));
      expect(states.map(({ state }) => state)).toEqual(['cancelled', 'delivered', 'waiting', 'waiting']);
      expect(states.at(2)).toEqual({ state: 'waiting', attempts: 0, nextAt: at(6) });
      expect(bodyOf((await deliveries()).at(3) ?? missing('missed'))).toMatchObject({
        type: 'server.purchased',
        timestamp: at(4).toISOString(),
      });
      expect(await my.store.replay({ id, since: at(0) }, actor(at(7)))).toBe(0);
      expect(await eventsOf('webhook.replayed')).toHaveLength(2);
    });

    test('is refused while the endpoint is off, and of one that does not exist', async () => {
      const { id } = await hook();
      await my.store.changeEndpoint(id, { state: 'off' }, actor());
      await expect(my.store.replay({ id, since: noon }, actor())).rejects.toThrow('is off');
      await expect(my.store.replay({ id: 'hook-none', since: noon }, actor())).rejects.toThrow('There is no webhook');
    });
  });

  describe('a test', () => {
    test('is sent to its endpoint only, whatever types that has asked for', async () => {
      const [one] = [await hook(['server.destroyed']), await hook()];
      const uid = await my.store.testEndpoint(one.id, actor());
      expect(await only()).toMatchObject({ endpointId: one.id, eventId: uid, type: 'webhook.test' });
      expect(bodyOf(await only())).toMatchObject({ type: 'webhook.test', data: { subject: one.id, serverId: null } });
      await my.store.changeEndpoint(one.id, { state: 'off' }, actor());
      await expect(my.store.testEndpoint(one.id, actor())).rejects.toThrow('is off');
    });
  });

  test('a retry makes a delivery due with all its attempts, also one that was delivered', async () => {
    await hook(['server.purchased']);
    await buy(my.store);
    const { id } = await only();
    await end(id, delivered);
    await my.store.retryDelivery(id, actor(at(20)));
    expect(await only()).toMatchObject({ state: 'waiting', attempts: 0, nextAt: at(20), deliveredAt: null });
    expect(await due(20)).toEqual([id]);
    expect(await eventsOf('delivery.retried')).toMatchObject([{ subject: id, actor: 'key:desk' }]);
    await expect(my.store.retryDelivery('dlv-none', actor())).rejects.toThrow('There is no delivery');
  });

  test('a rotation keeps the old secret until its time', async () => {
    const { id } = await hook();
    await my.store.rotateEndpoint({ id, secretSealed: 'new', oldUntil: at(hourS) }, actor());
    expect(await endpointOf(id)).toMatchObject({
      secretSealed: 'new',
      oldSealed: `secret of ${id}`,
      oldUntil: at(hourS),
    });
  });

  test('each command leaves one event, without the address and the secret', async () => {
    const { id } = await hook();
    await my.store.rotateEndpoint({ id, secretSealed: 'new', oldUntil: at(hourS) }, actor());
    await my.store.changeEndpoint(id, { types: ['server.ready'] }, actor());
    await my.store.deleteEndpoint(id, actor());
    const recorded = await eventsOf('webhook.');
    expect(recorded.map(({ type }) => type).sort()).toEqual([
      'webhook.changed',
      'webhook.created',
      'webhook.deleted',
      'webhook.secret_rotated',
    ]);
    for (const event of recorded) {
      expect(event).toMatchObject({ actor: 'key:desk', requestId: 'req-2', subject: id });
      expect(JSON.stringify(event)).not.toMatch(/token|secret of|"new"/);
    }
    await expect(my.store.deleteEndpoint(id, actor())).rejects.toThrow('There is no webhook');
  });

  test('a deleted endpoint takes its deliveries with it', async () => {
    const { id } = await hook();
    await running(my.store);
    expect((await deliveries()).length).toBeGreaterThan(0);
    await my.store.deleteEndpoint(id, actor());
    expect(await deliveries()).toEqual([]);
  });

  describe('after the address was changed', () => {
    const moved = { url: 'https://shop.test/other' };

    test.each(['failed', 'gone'] as const)('an attempt at the old one that is %s counts for nothing', async (how) => {
      const { id } = await hook(['server.purchased']);
      await buy(my.store);
      const delivery = await only();
      await my.store.changeEndpoint(id, moved, actor());
      const settled = await end(delivery.id, { end: how, status: 410, nextAt: null });
      expect(settled).toMatchObject({ end: 'settled', off: null, due: [{ id: delivery.id }] });
      expect(await endpointOf(id)).toMatchObject({ state: 'on', failures: 0, ...moved });
      expect(await only()).toMatchObject({ state: 'waiting', attempts: 0, nextAt: at(1) });
    });

    test('an attempt at the old one that is delivered is delivered, and ends no failure of the new one', async () => {
      const { id } = await hook(['server.purchased']);
      await buy(my.store);
      await buy(my.store);
      const [one = missing('one'), two = missing('two')] = await deliveries();
      await my.store.changeEndpoint(id, moved, actor());
      await end(one.id, moved);
      await end(two.id, delivered);
      expect((await deliveries()).map(({ state }) => state)).toEqual(['waiting', 'delivered']);
      expect(await endpointOf(id)).toMatchObject({ failures: 1 });
    });
  });

  test('a preview of what ends a thousand deliveries ends itself, and changes nothing', async () => {
    const { id } = await hook(['server.purchased']);
    await buy(my.store);
    const one = await only();
    const copies = Array.from({ length: 1_000 }, (_, n) => ({ ...one, id: `${one.id}-${n}`, eventId: `event ${n}` }));
    await write(function* ({ db, t }) {
      for (let from = 0; from < copies.length; from += 100)
        yield* ask(db.insert(t.deliveries).values(copies.slice(from, from + 100)));
    });
    const preview = my.store.preview(() => undefined);
    await preview.deleteEndpoint(id, actor());
    expect([(await my.store.readEndpoint(id))?.state, (await deliveries()).length]).toEqual(['on', 1_001]);
    await my.store.changeEndpoint(id, { state: 'off' }, actor());
    await write(function* ({ db, t }) {
      yield* ask(db.update(t.deliveries).set({ state: 'waiting' }));
    });
    await preview.changeEndpoint(id, { state: 'on' }, actor());
    expect((await my.store.readEndpoint(id))?.state).toBe('off');
    await my.store.deleteEndpoint(id, actor());
    expect(await deliveries()).toEqual([]);
  });

  test('the prune cancels what a deletion of a webhook has left, and deletes it in time', async () => {
    const { id } = await hook(['server.purchased']);
    await buy(my.store);
    await write(function* ({ db, t }) {
      yield* ask(db.delete(t.endpoints).where(eq(t.endpoints.id, id)));
    });
    expect(await my.store.prune('deliveries', { before: at(-1), after: '' })).toEqual({ deleted: 0, next: null });
    expect(await only()).toMatchObject({ state: 'cancelled' });
    expect(await my.store.prune('deliveries', { before: at(1), after: '' })).toEqual({ deleted: 1, next: null });
  });

  test('the prune deletes old deliveries that have ended, and cancels those of endpoints that are off', async () => {
    const { id } = await hook(['server.purchased']);
    for (const second of [0, 1, dayS]) await buy(my.store, { now: at(second) });
    const ids = (await deliveries()).map((one) => one.id);
    await end(ids[0] ?? '', delivered);
    await end(ids[2] ?? '', delivered);
    const prune = (before: Date) => my.store.prune('deliveries', { before, after: '' });
    expect(await prune(at(hourS))).toEqual({ deleted: 1, next: null });
    expect((await deliveries()).map(({ state }) => state)).toEqual(['waiting', 'delivered']);
    await end(ids[1] ?? '', { end: 'gone', nextAt: at(99) });
    expect((await endpointOf(id)).state).toBe('off');
    expect(await prune(at(hourS))).toEqual({ deleted: 1, next: null });
    expect((await deliveries()).map((one) => one.id)).toEqual([ids[2]]);
  });
}
