import { describe, expect, test } from 'vitest';
import { NotFoundError, NotHeldError } from '#db/errors.ts';
import { foldedIfOther } from '#db/fold.ts';
import type { Dialect } from '../dialects.ts';
import { application, apply, held, notice, over, payment, row } from './applications.ts';
import {
  actor,
  at,
  destroy,
  failed,
  made,
  plain,
  removed,
  resume,
  running,
  settle,
  suspend,
  useFixture,
} from './fixture.ts';
import { broken } from './invariants.ts';

/** Notices, looks and their effect on servers. */
export function payments(dialect: Dialect): void {
  const my = useFixture(dialect);
  const subscription = () => my.store.readSubscriptionInFull('sub_1');
  const status = async () => (await subscription())?.server?.status ?? null;
  const types = async () =>
    (await my.dump()).events
      .toSorted((one, other) => one.id - other.id)
      .filter(({ subscriptionId }) => subscriptionId === 'sub_1')
      .map(({ type }) => type);
  const settleAll = async (outcome = made) => {
    for (const { id, kind } of (await my.dump()).jobs.filter(({ state }) => state === 'released'))
      await settle(my.store, id, kind === 'suspend' || kind === 'destroy' || kind === 'retire' ? removed : outcome);
  };

  describe('notices', () => {
    test('are recorded once, each with one event, also when they come at once', async () => {
      const stores = [my.store, await my.another(), await my.another()];
      const recorded = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          (stores[n % 3] ?? my.store).recordNotices([notice('evt_1'), notice(`evt_2${n % 2}`)], at(n)),
        ),
      );
      expect(
        recorded
          .flat()
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(['evt_1', 'evt_20', 'evt_21']);
      const { notices, events } = await my.dump();
      expect(notices).toHaveLength(3);
      expect(events.map(({ type, uid }) => [type, uid]).toSorted()).toEqual(
        notices.map(({ cause }) => ['notice.received', cause]).toSorted(),
      );
    });

    test('of a subscription that came before a look are done with it; later ones stay', async () => {
      await my.store.recordNotices([notice('evt_1'), notice('evt_2', 'in_1')], at(1));
      await my.store.recordNotices([notice('evt_3')], at(5));
      await my.store.recordNotices([notice('evt_4')], at(6));
      await apply(my.store, 5, {}, { notice: { id: 'evt_3', receivedAt: at(5) }, attempts: 3 });
      const { notices } = await my.dump();
      expect(notices.map(({ id, state, attempts, subscriptionId }) => [id, state, attempts, subscriptionId])).toEqual([
        ['evt_1', 'done', 0, 'sub_1'],
        ['evt_2', 'received', 0, null],
        ['evt_3', 'done', 3, 'sub_1'],
        ['evt_4', 'received', 0, 'sub_1'],
      ]);
    });

    test('that are ignored keep the reason, and a closed one stays as it is', async () => {
      await my.store.recordNotices([notice('evt_1')], at(1));
      const ignored = { id: 'evt_1', receivedAt: at(1), subscriptionId: 'sub_9', attempts: 1 };
      await my.store.ignoreNotice({ ...ignored, reason: 'not-ours' });
      await my.store.ignoreNotice({ ...ignored, reason: 'absent' });
      expect(await my.store.readNotice('evt_1')).toMatchObject({ state: 'ignored', reason: 'not-ours' });
    });

    test('are forgotten once they are closed and old', async () => {
      await my.store.recordNotices([notice('evt_1'), notice('evt_2')], at(1));
      await my.store.ignoreNotice({
        id: 'evt_1',
        receivedAt: at(1),
        subscriptionId: null,
        attempts: 1,
        reason: 'absent',
      });
      expect(await my.store.forgetNotices(at(1))).toBe(0);
      expect(await my.store.forgetNotices(at(2))).toBe(1);
      expect((await my.dump()).notices.map(({ id }) => id)).toEqual(['evt_2']);
    });

    test('and due looks are found page by page until they are done', async () => {
      await my.store.recordNotices([notice('evt_1'), notice('evt_2')], at(1));
      for (const id of ['sub_1', 'sub_2', 'sub_3'])
        await apply(my.store, 1, { id, standing: 'unpaid', reason: 'awaiting-payment', changesAt: at(10) });
      const found: string[] = [];
      for (let after: string | null = ''; after !== null; ) {
        const page: Awaited<ReturnType<typeof my.store.readDueLooks>> = await my.store.readDueLooks({
          now: at(20),
          releasedBefore: at(18),
          after,
          limit: 2,
        });
        found.push(...page.ids);
        after = page.last;
      }
      expect(found).toEqual(['evt_1', 'evt_2', 'sub_1', 'sub_2', 'sub_3']);
      expect(await my.store.countDueLooks(at(20))).toBe(5);
      expect(await my.store.countDueLooks(at(9))).toBe(2);
      expect(
        (await my.store.readOpenLooks(['sub_1', 'sub_9', 'evt_1'], at(20))).map(({ id, kind }) => [id, kind]),
      ).toEqual([
        ['evt_1', 'notice'],
        ['sub_1', 'look'],
      ]);
    });
  });

  describe('a look', () => {
    test('buys one server for a paid subscription, and another look buys no second one', async () => {
      const times = [at(2)];
      const applied = await apply(my.store, 1, {}, { now: () => times.shift() ?? at(3) });
      // A publisher knows by the time that the job is new.
      const job = { kind: 'create', state: 'released', releasedAt: at(2) };
      expect(applied).toMatchObject({ end: 'applied', jobs: [job], at: at(2) });
      expect(applied.end === 'applied' && applied.mark).toMatch(/^srv-/);
      expect(await apply(my.store, 2)).toMatchObject({ end: 'applied', jobs: [] });
      const { purchases, servers, payments } = await my.dump();
      expect(purchases).toMatchObject([
        { source: 'stripe', subscriptionId: 'sub_1', requestedBy: 'stripe', endedAt: null },
      ]);
      expect(servers).toMatchObject([{ customer: 'ada', plan: 'small', location: 'ewr', status: 'installing' }]);
      expect(payments).toMatchObject([{ invoiceId: 'in_1', amount: 900, refunded: 0 }]);
      expect(await types()).toEqual(['subscription.good', 'payment.received', 'server.purchased']);
      expect(broken(await my.dump())).toEqual([]);
    });

    test('that began before the last one changes nothing but its notices', async () => {
      await apply(my.store, 5);
      await my.store.recordNotices([notice('evt_1')], at(3));
      const before = await my.dump();
      expect(await apply(my.store, 5, over, { notice: { id: 'evt_1', receivedAt: at(3) } })).toEqual({
        end: 'outdated',
      });
      expect(await apply(my.store, 4, over)).toEqual({ end: 'outdated' });
      const after = await my.dump();
      expect(after.notices).toMatchObject([{ state: 'done' }]);
      expect({ ...after, notices: [] }).toEqual({ ...before, notices: [] });
    });

    test('and others at once leave one server, whatever their order', async () => {
      const stores = [my.store, await my.another(), await my.another()];
      const looks = [3, 1, 2, 5, 4].map((second, n) => apply(stores[n % 3] ?? my.store, second));
      const ends = await Promise.all(looks);
      expect(ends.some(({ end }) => end === 'applied')).toBe(true);
      const { servers, purchases, subscriptions } = await my.dump();
      expect([servers.length, purchases.length, subscriptions.length]).toEqual([1, 1, 1]);
      expect(subscriptions[0]?.syncedAt).toEqual(at(5));
    });

    test('suspends, resumes and destroys the server with the standing, and buys another after the end', async () => {
      await apply(my.store, 1);
      await settleAll();
      expect(await status()).toBe('running');
      await apply(my.store, 2, held);
      await apply(my.store, 3, held);
      await settleAll();
      expect(await status()).toBe('suspended');
      expect((await my.dump()).servers).toMatchObject([{ heldReason: 'past-due' }]);
      await apply(my.store, 4);
      await apply(my.store, 5);
      await settleAll();
      expect(await status()).toBe('running');
      await apply(my.store, 6, over);
      await settleAll();
      expect(await status()).toBe(null);
      await apply(my.store, 7);
      await settleAll();
      const { servers, purchases, jobs } = await my.dump();
      expect(servers.map((server) => server.status).toSorted()).toEqual(['destroyed', 'running']);
      expect(purchases.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
      expect(jobs.filter(({ kind }) => kind === 'suspend' || kind === 'resume')).toHaveLength(2);
      expect(broken(await my.dump())).toEqual([]);
    });

    test('that is held while the server is being made suspends it afterwards, and a payment in between undoes that', async () => {
      await apply(my.store, 1);
      await apply(my.store, 2, held);
      expect((await my.dump()).jobs.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
        'create released',
        'suspend waiting',
      ]);
      await apply(my.store, 3);
      await settleAll();
      expect(await status()).toBe('running');
    });

    test('after a resume that failed for good asks for another one', async () => {
      await apply(my.store, 1);
      await settleAll();
      await apply(my.store, 2, held);
      await settleAll();
      await apply(my.store, 3);
      await settleAll(failed);
      expect(await status()).toBe('suspended');
      await apply(my.store, 4);
      await settleAll();
      expect(await status()).toBe('running');
    });

    test('holds a payment without an offer, keeps the time of the hold, and ends it', async () => {
      const offer = { plan: null, location: null, hold: 'unknown-plan', holdOfNew: null, isReleased: false } as const;
      await apply(my.store, 1, { plan: null }, { offer });
      await apply(my.store, 5, { plan: null }, { offer });
      expect((await subscription())?.subscription).toMatchObject({ hold: 'unknown-plan', holdSince: at(2) });
      expect((await my.dump()).servers).toEqual([]);
      expect((await types()).filter((type) => type === 'payment.held')).toHaveLength(1);
      await apply(my.store, 9);
      expect((await subscription())?.subscription).toMatchObject({ hold: null, holdSince: null });
    });

    test('is due again soon while nothing is sold, and while the server is not in the metadata', async () => {
      const { terms } = application(0);
      await apply(my.store, 1, {}, { terms: { ...terms, maxServers: 0 } });
      expect((await subscription())?.subscription).toMatchObject({ hold: 'sold-out', changesAt: at(62) });
      const applied = await apply(my.store, 70, { changesAt: at(500) });
      expect((await subscription())?.subscription.changesAt).toEqual(at(131));
      const marked = applied.end === 'applied' ? applied.mark : null;
      expect(await apply(my.store, 80, { changesAt: at(500) }, { marked })).toMatchObject({ mark: null });
      expect((await subscription())?.subscription).toMatchObject({ changesAt: at(500), markedServer: marked });
    });

    test('that was asked for while another ran stays due', async () => {
      await apply(my.store, 1, {}, { marked: null });
      await my.store.requestLook('sub_1', actor(at(6)));
      await apply(my.store, 5, {}, { now: () => at(7) });
      expect((await subscription())?.subscription.changesAt).toEqual(at(6));
      await apply(
        my.store,
        8,
        { changesAt: at(900) },
        { now: () => at(9), marked: (await subscription())?.server?.id ?? '' },
      );
      expect((await subscription())?.subscription.changesAt).toEqual(at(900));
    });

    test('records refunds and disputes of the payment, each once', async () => {
      await apply(my.store, 1);
      await apply(my.store, 2, {}, { payments: [payment(100)] });
      await apply(my.store, 3, {}, { payments: [payment(100)] });
      await apply(my.store, 4, {}, { payments: [payment(100, 900)] });
      await apply(my.store, 5, {}, { payments: [payment(100)] });
      await apply(my.store, 6, {}, { payments: [payment(0)] });
      expect((await types()).filter((type) => type.startsWith('payment.'))).toEqual([
        'payment.received',
        'payment.refunded',
        'payment.disputed',
        'payment.dispute_ended',
        'payment.refund_failed',
      ]);
      expect((await my.dump()).payments).toMatchObject([{ refunded: 0, disputed: 0 }]);
    });

    test('takes an amount beyond 32 bits, and a negative one', async () => {
      const amounts = [9_999_999_999_999, -500];
      const payments = amounts.map((amount, n) => ({ ...payment(), invoiceId: `in_${n}`, amount }));
      await apply(my.store, 1, {}, { payments });
      expect((await my.dump()).payments.map(({ amount }) => amount).toSorted()).toEqual(amounts.toSorted());
    });

    test('that Stripe does not answer with the subscription holds it, and touches no server', async () => {
      await apply(my.store, 1);
      await settleAll();
      const before = (await my.dump()).servers;
      await my.store.recordNotices([notice('evt_1')], at(2));
      await my.store.holdAbsent('sub_1', {
        notice: { id: 'evt_1', receivedAt: at(2) },
        startedAt: at(3),
        attempts: 1,
        now: at(4),
      });
      expect((await subscription())?.subscription).toMatchObject({ hold: 'absent', holdSince: at(4), syncedAt: at(3) });
      expect(await my.store.readNotice('evt_1')).toMatchObject({ state: 'done' });
      expect((await my.dump()).servers).toEqual(before);
      await my.store.holdAbsent('sub_1', { notice: null, startedAt: at(2), attempts: 1, now: at(9) });
      expect((await subscription())?.subscription.syncedAt).toEqual(at(3));
    });
  });

  describe('a command', () => {
    test('releases a hold only of a subscription that is there and held', async () => {
      const decision = { id: 'sub_1', plan: 'large', location: 'ams' };
      await expect(my.store.releaseHold(decision, actor())).rejects.toThrow(NotFoundError);
      await apply(my.store, 1);
      await expect(my.store.releaseHold(decision, actor())).rejects.toThrow(NotHeldError);
    });

    test('asks for a look at any subscription, as the cause of what it finds', async () => {
      expect(await my.store.requestLook('sub_1', actor(at(1)))).toMatchObject({
        subscription: null,
        look: { id: 'poll_sub_1', kind: 'notice', subscriptionId: 'sub_1' },
      });
      await my.store.ignoreNotice({ ...polled(1), subscriptionId: 'sub_1', attempts: 1, reason: 'not-ours' });
      await my.store.requestLook('sub_1', actor(at(2)));
      const { notices, events } = await my.dump();
      const [, second] = events.toSorted((one, other) => one.id - other.id);
      expect(notices).toMatchObject([{ state: 'received', reason: null, receivedAt: at(2), cause: second?.uid }]);
      await apply(my.store, 3, {}, { notice: polled(2) });
      expect(await my.store.requestLook('sub_1', actor(at(9)))).toMatchObject({
        subscription: { changesAt: at(9) },
        look: { id: 'sub_1', kind: 'look' },
      });
    });

    test.for<[string, (run: { notice: ReturnType<typeof polled>; attempts: number }) => Promise<unknown>]>([
      [
        'ignores',
        (run) => my.store.ignoreNotice({ ...run.notice, ...run, subscriptionId: 'sub_1', reason: 'not-ours' }),
      ],
      ['applies', (run) => apply(my.store, 2, {}, run)],
      ['misses', (run) => my.store.holdAbsent('sub_1', { ...run, startedAt: at(2), now: at(4) })],
    ])('that asks again during a look is not done with it, whether it %s the subscription', async ([, end]) => {
      await my.store.requestLook('sub_1', actor(at(1)));
      const run = { notice: polled(1), attempts: 1 };
      await my.store.requestLook('sub_1', actor(at(3)));
      await end(run);
      expect(await my.store.readNotice('poll_sub_1')).toMatchObject({ state: 'received', receivedAt: at(3) });
      await end({ ...run, notice: polled(3) });
      expect(await my.store.readNotice('poll_sub_1')).not.toMatchObject({ state: 'received' });
    });

    test('that releases a server destroyed by hand ends its purchase; the decision counts for its price only', async () => {
      await apply(my.store, 1);
      await settleAll();
      const server = (await subscription())?.server?.id ?? '';
      expect((await destroy(my.store, server, at(2))).billedBy).toBe('sub_1');
      await settleAll();
      expect((await subscription())?.subscription).toMatchObject({ hold: 'server-destroyed', holdSince: at(2) });
      await apply(my.store, 3);
      expect((await subscription())?.subscription.hold).toBe('server-destroyed');
      await my.store.releaseHold({ id: 'sub_1', plan: 'large', location: 'ams' }, actor(at(4)));
      const released = { priceId: 'price_1', plan: 'large', location: 'ams' };
      expect((await subscription())?.subscription.released).toEqual(released);
      await apply(my.store, 5);
      expect((await subscription())?.server?.id).not.toBe(server);
      await apply(my.store, 6, { priceId: 'price_2' });
      expect((await subscription())?.subscription.released).toBe(null);
    });

    test('destroys a server without a warning if nothing pays for it', async () => {
      expect((await destroy(my.store, (await running(my.store)).id)).billedBy ?? null).toBe(null);
      await apply(my.store, 1);
      await apply(my.store, 2, { status: 'canceled' });
      expect((await destroy(my.store, (await subscription())?.server?.id ?? '')).billedBy ?? null).toBe(null);
    });
  });

  test('a listing makes looks due at what is recorded and not over, and notices of the rest, once', async () => {
    await apply(my.store, 1);
    await apply(my.store, 1, { id: 'sub_2', ...over });
    const listed = { ids: ['sub_1', 'sub_2', 'sub_3'], since: at(10), livemode: false };
    expect(await my.store.recordListed({ ...listed, now: at(10) })).toBe(2);
    expect(await my.store.recordListed({ ...listed, now: at(11) })).toBe(0);
    const { subscriptions, notices } = await my.dump();
    expect(subscriptions.map(({ id, changesAt }) => [id, changesAt])).toEqual([
      ['sub_1', at(10)],
      ['sub_2', null],
    ]);
    expect(notices).toMatchObject([{ id: 'poll_sub_3', form: 'poll', objectId: 'sub_3' }]);
    await my.store.ignoreNotice({ ...polled(10, 'sub_3'), subscriptionId: 'sub_3', attempts: 1, reason: 'not-ours' });
    expect(await my.store.recordListed({ ...listed, now: at(11) })).toBe(0);
    expect(await my.store.recordListed({ ...listed, since: at(11), now: at(11) })).toBe(1);
    await apply(my.store, 12, {}, { marked: (await subscription())?.server?.id ?? '' });
    expect(await my.store.recordListed({ ...listed, now: at(13) })).toBe(0);
  });

  test('a listing makes a look due at what is over once in 29 days', async () => {
    await apply(my.store, 0, over);
    const days = (count: number) => at(count * 24 * 60 * 60);
    const listed = { ids: ['sub_1'], livemode: false };
    expect(await my.store.recordListed({ ...listed, since: days(29), now: days(29) })).toBe(0);
    expect(await my.store.recordListed({ ...listed, since: days(30), now: days(30) })).toBe(1);
  });

  test('lists are sorted by age, and continue after any row', async () => {
    for (const [n, id] of ['sub_1', 'sub_2', 'sub_3'].entries())
      await apply(my.store, 1, { id, createdAt: at(n === 0 ? 0 : 5), customer: n === 2 ? 'bob' : 'ada' });
    const idsOf = async (filter: object) =>
      (await my.store.readSubscriptions({ limit: 10, ...filter })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(['sub_3', 'sub_2', 'sub_1']);
    expect(await idsOf({ after: { id: 'sub_3', createdAt: at(5) } })).toEqual(['sub_2', 'sub_1']);
    expect(await idsOf({ customer: 'ada', standing: 'good' })).toEqual(['sub_2', 'sub_1']);
    expect(await idsOf({ standing: 'held' })).toEqual([]);
  });

  test('a customer is found, and seen to pay twice, in any case and any Unicode form', async () => {
    const given = ['Zoé@Example.com', 'zoe\u0301@example.COM', 'zoé@example.com'];
    for (const [n, customer] of given.entries())
      await apply(my.store, n, { id: `sub_${n}`, customer, customerFolded: foldedIfOther(customer), createdAt: at(n) });
    const found = await my.store.readSubscriptions({ customer: 'ZOÉ@example.com', limit: 10 });
    expect(found.map(({ id, customer }) => [id, customer]).reverse()).toEqual(
      given.map((name, n) => [`sub_${n}`, name]),
    );
    expect(found.map(({ doubleOf }) => doubleOf)).toEqual(['sub_0', 'sub_0', null]);
  });

  test('troubles are holds, doubles that are billed, and notices that wait', async () => {
    await apply(my.store, 1, { reference: 'a' });
    await apply(my.store, 2, { id: 'sub_2', reference: 'a' });
    await apply(my.store, 3, { id: 'sub_3', reference: 'b' });
    await my.store.recordNotices([notice('evt_1', 'in_9')], at(1));
    const seen = async () => {
      const { held, doubled, waiting } = await my.store.readPaymentTroubles(at(2));
      return [held, doubled, waiting].map(({ first, count }) => [first.map(({ id }) => id).toSorted(), count]);
    };
    expect(await seen()).toEqual([
      [[], 0],
      [['sub_2'], 1],
      [['evt_1'], 1],
    ]);
    await apply(my.store, 4, { reference: 'a' });
    expect((await seen())[1]).toEqual([['sub_1', 'sub_2'], 2]);
    await apply(my.store, 5, { id: 'sub_2', reference: 'a', ...over });
    expect((await seen())[1]).toEqual([[], 0]);
  });

  test('a server that a person suspends is a trouble while its subscription is served, and only then', async () => {
    const paid = async () => {
      const { first, count } = (await my.store.readPaymentTroubles(at(2))).suspended;
      return [first.map(({ id }) => id), count];
    };
    await apply(my.store, 1);
    await settleAll();
    const serverId = (await subscription())?.server?.id ?? '';
    await settle(my.store, (await suspend(my.store, (await running(my.store)).id)).job.id, removed);
    expect(await paid()).toEqual([[], 0]);
    await suspend(my.store, serverId, at(3));
    await settleAll();
    expect([await status(), await paid()]).toEqual(['suspended', [[serverId], 1]]);
    await apply(my.store, 5, { status: 'past_due', standing: 'overdue', reason: 'past-due' });
    expect(await paid()).toEqual([[serverId], 1]);
    await apply(my.store, 6, held);
    expect(await paid()).toEqual([[], 0]);
    await apply(my.store, 7);
    expect(await paid()).toEqual([[serverId], 1]);
    const { job } = await resume(my.store, serverId, at(8));
    await settle(my.store, job.id, failed);
    expect([await status(), await paid()]).toEqual(['suspended', [[], 0]]);
  });

  test('an answer of another service is stored once, with its event', async () => {
    const idempotency = { token: 'shop', key: 'key-1', bodyHash: 'x' };
    const event = { type: 'checkout.opened', actor: 'key:shop', at: at(1), subject: 'cs_1', detail: {} } as const;
    expect(await my.store.readAnswer(idempotency)).toBe(null);
    await my.store.recordAnswer({ idempotency, answer: () => ({ id: 'cs_1' }) }, event);
    expect(await my.store.readAnswer(idempotency)).toEqual({ body: { id: 'cs_1' } });
    const again = await my.store.recordAnswer({ idempotency, answer: () => ({ id: 'cs_2' }) }, event);
    expect(again).toEqual({ body: { id: 'cs_1' }, recorded: null });
    expect((await my.dump()).events).toHaveLength(1);
    await expect(my.store.readAnswer({ ...idempotency, bodyHash: 'y' })).rejects.toThrow('key-1');
  });

  test('a rebuild with a plan makes a machine of it', async () => {
    const server = await running(my.store);
    const asked = await my.store.recordRebuild({ serverId: server.id, location: null, plan: 'large' }, actor(), plain);
    await settle(my.store, asked.recorded?.job.id ?? '', made);
    expect((await my.store.readServer(server.id))?.server).toMatchObject({ plan: 'large', location: 'ewr' });
    expect(row().plan).toBe('small');
  });
}

/** The notice that was given so many seconds after noon. */
function polled(seconds: number, subscriptionId = 'sub_1') {
  return { id: `poll_${subscriptionId}`, receivedAt: at(seconds) };
}
