import { describe, expect, test } from 'vitest';
import type { JobCall } from '#db/calls.ts';
import type { Handle } from '#db/reads/handles.ts';
import type { Dialect } from '../dialects.ts';
import { apply, held, notice, over } from './applications.ts';
import {
  at,
  buy,
  cancel,
  confirmed,
  destroy,
  made,
  missing,
  rebuild,
  removalOrder,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';

/** All rows of these tests are older. */
const later = at(1_000_000);

export function why(dialect: Dialect): void {
  const my = useFixture(dialect);
  const chainOf = async (kind: Handle['kind'], value: string) =>
    (await my.store.readWhy({ kind, value }))?.chain ?? missing(`chain of ${kind} ${value}`);
  const typesOf = async (kind: Handle['kind'], value: string) =>
    (await chainOf(kind, value)).map(({ event }) => event.type);
  const pruneAll = async () => {
    for (const what of ['answers', 'jobs', 'machines', 'servers'] as const)
      for (let after: string | null = ''; after !== null; )
        after = (await my.store.prune(what, { before: later, after })).next;
  };

  /** A subscription that was paid, whose server was rebuilt, suspended and destroyed. Returns the server's id. */
  async function wholeLife(): Promise<string> {
    await my.store.recordNotices([notice('evt_1')], at(0));
    const bought = await apply(my.store, 1, {}, { notice: { id: 'evt_1', receivedAt: at(0) } });
    const [create] = bought.end === 'applied' ? bought.jobs : [];
    const serverId = create?.serverId ?? missing('server');
    await settle(my.store, create?.id ?? '', made, { now: at(2), calls: calls('vps-1', confirmed) });
    const second = { ...confirmed, providerId: 'vps-2', ipv4: '192.0.2.2', ipv6: null };
    const outcome = { end: 'made', machine: second } as const;
    const { job } = await rebuild(my.store, serverId, { now: at(3) });
    const rebuilt = await settle(my.store, job.id, outcome, { now: at(4), calls: calls('vps-2', second) });
    const retire = rebuilt.end === 'settled' ? rebuilt.released[0] : undefined;
    await settle(my.store, retire?.id ?? '', removed, { now: at(5) });
    await settleOpen(await apply(my.store, 6, held), 8);
    await settleOpen(await apply(my.store, 9, over), 11);
    return serverId;
  }

  async function settleOpen(applied: Awaited<ReturnType<typeof apply>>, seconds: number): Promise<void> {
    const [job] = applied.end === 'applied' ? applied.jobs : [];
    await settle(my.store, job?.id ?? '', removed, { now: at(seconds) });
  }

  describe('why', () => {
    test('leads from each machine and address to the payment, also when all rows are gone', async () => {
      const serverId = await wholeLife();
      const [first, second] = (await my.dump()).machines.toSorted((a, b) => a.generation - b.generation);
      const start = ['notice.received', 'subscription.good', 'payment.received', 'server.purchased'];
      const ofFirst = [...start, 'server.ready', 'server.rebuild_requested', 'server.rebuilt', 'machine.retired'];
      const end = ['subscription.held', 'server.suspend_requested', 'server.suspended'];
      const ofSecond = [...start, 'server.rebuild_requested', 'server.rebuilt', ...end];
      const handles = [
        [ofFirst, ['vps-1', first?.id, first?.name], ['192.0.2.1', '2001:db8::1']],
        [ofSecond, ['vps-2', second?.id, second?.name], ['192.0.2.2']],
      ] as const;
      const check = async () => {
        for (const [types, machines, addresses] of handles) {
          for (const machine of machines) expect(await typesOf('machine', machine ?? '')).toEqual(types);
          for (const address of addresses) expect(await typesOf('address', address)).toEqual(types);
        }
      };
      await check();
      const whole = await chainOf('server', serverId);
      await pruneAll();
      expect(await my.dump()).toMatchObject({ machines: [], jobs: [], servers: [] });
      await check();
      expect(await chainOf('server', serverId)).toEqual(whole);
    });

    test('names the causes of each event, and the payment as a cause of the purchase', async () => {
      const chain = await chainOf('server', await wholeLife());
      const types = new Map(chain.map(({ event }) => [event.uid, event.type]));
      const causes = Object.fromEntries(
        chain.map((link) => [link.event.type, link.causes.map((uid) => types.get(uid))]),
      );
      expect(causes).toMatchObject({
        'notice.received': [],
        'server.purchased': ['subscription.good', 'payment.received'],
        'server.ready': ['server.purchased'],
        'server.rebuilt': ['server.rebuild_requested'],
        'machine.retired': ['server.rebuilt'],
        'server.destroyed': ['server.destroy_requested'],
        'server.destroy_requested': ['subscription.ended'],
      });
      expect(chain.map(({ event }) => event.id)).toEqual(
        chain.map(({ event }) => event.id).toSorted((one, other) => one - other),
      );
    });

    test('shows the calls of a job at its end', async () => {
      const chain = await chainOf('server', await wholeLife());
      const withCalls = chain.filter((link) => link.calls.length > 0);
      expect(withCalls.map(({ event }) => event.type)).toEqual(['server.ready', 'server.rebuilt']);
      expect(withCalls[0]?.calls).toMatchObject(calls('vps-1', confirmed));
    });

    test('starts from a hostname, a job and a subscription, also when their rows are gone', async () => {
      const serverId = await wholeLife();
      const jobs = (await my.dump()).jobs.toSorted((a, b) => a.id.localeCompare(b.id));
      const hostname = `${serverId}.vpn.test`;
      const before = await chainOf('hostname', hostname);
      expect(before).toEqual(await chainOf('server', serverId));
      const [create, , retire] = jobs;
      await pruneAll();
      expect(await chainOf('hostname', hostname)).toEqual(before);
      expect(await typesOf('subscription', 'sub_1')).toEqual(
        expect.arrayContaining(['payment.received', 'server.purchased', 'server.destroyed', 'subscription.ended']),
      );
      expect((await typesOf('job', create?.id ?? '')).slice(-3)).toEqual([
        'server.purchased',
        'server.create_started',
        'server.ready',
      ]);
      expect((await typesOf('job', retire?.id ?? '')).slice(-3)).toEqual([
        'server.rebuilt',
        'machine.retire_started',
        'machine.retired',
      ]);
    });

    test('finds a job that was cancelled, and a machine without a row', async () => {
      const server = await running(my.store);
      await rebuild(my.store, server.id);
      const { job } = await rebuild(my.store, server.id);
      await cancel(my.store, job.id);
      const types = ['server.purchased', 'server.rebuild_requested', 'server.rebuild_cancelled'];
      expect(await typesOf('job', job.id)).toEqual(types);
      await my.store.orderRemoval(removalOrder({ providerId: 'vps-lost' }));
      const removal = { name: 'gf-lost-1', because: 'an order', ipv4: null, ipv6: null, serverId: null, now: at(9) };
      await my.store.recordRemoval({ ...removal, providerId: 'vps-lost' });
      expect(await typesOf('machine', 'vps-lost')).toEqual(['machine.removal_ordered', 'machine.removed']);
    });

    test('finds the newest machine that had an address', async () => {
      const one = await running(my.store);
      await settle(my.store, (await destroy(my.store, one.id)).job.id, removed);
      const two = await running(my.store, { now: at(100) });
      expect(await my.store.readWhy({ kind: 'address', value: '192.0.2.1' })).toMatchObject({ serverId: two.id });
    });

    test.each(['server', 'machine', 'hostname', 'address', 'job', 'subscription'] as const)(
      'knows nothing of a %s that never was',
      async (kind) => {
        await running(my.store);
        const values = { address: '203.0.113.99', machine: 'mac-06d8vhq80zzzzzzzzz', job: 'job-06d8vhq80zzzzzzzzz' };
        const value = { ...values, server: 'srv-none', hostname: 'srv-none.vpn.test', subscription: 'sub_none' }[kind];
        expect(await my.store.readWhy({ kind, value })).toBeNull();
      },
    );

    test('says that it leaves out the older events of a server', async () => {
      const { server } = await buy(my.store);
      expect(await my.store.readWhy({ kind: 'server', value: server.id })).toMatchObject({ isCut: false });
      for (let n = 0; n < 50; n++) await cancel(my.store, (await rebuild(my.store, server.id)).job.id);
      const found = await my.store.readWhy({ kind: 'server', value: server.id });
      expect(found?.isCut).toBe(true);
      expect(found?.chain[0]?.event.type).toBe('server.purchased');
      expect(found?.chain).toHaveLength(101);
    });
  });

  test('a settle that is rolled back writes no calls, and 40 of them are one statement', async () => {
    const { job } = await buy(my.store);
    const many = Array.from({ length: 40 }, (_, at) => call({ n: at + 1 }));
    await settle(my.store, job.id, made, { calls: many });
    expect((await my.store.readWhy({ kind: 'job', value: job.id }))?.chain.at(-1)?.calls).toMatchObject(many);
    expect(await settle(my.store, job.id, made, { calls: [call({ n: 41 })] })).toEqual({ end: 'fenced' });
    expect((await my.dump()).calls).toHaveLength(40);
  });
}

function call(changes: Partial<JobCall>): JobCall {
  const about = { service: 'simulator', operation: 'create', target: 'vps-1' } as const;
  return { n: 1, at: at(1), ...about, outcome: 'ok', ms: 120, message: null, ...changes };
}

/** What a run records of a machine that it has made. */
function calls(id: string, { ipv4, ipv6 }: { readonly ipv4: string; readonly ipv6: string | null }): JobCall[] {
  const answers = [ipv4, ipv6].filter((address) => address !== null);
  return [
    call({ n: 1, target: id }),
    ...answers.map((target, at) => call({ n: at + 2, service: 'vpn', operation: 'answer', target })),
  ];
}
