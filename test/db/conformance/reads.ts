import { describe, expect, test } from 'vitest';
import type { Settled } from '#db/transactions/settle.ts';
import type { Dialect } from '../dialects.ts';
import {
  anything,
  at,
  buy,
  cancelled,
  confirmed,
  destroy,
  destroyed,
  failed,
  made,
  noon,
  order,
  parked,
  plain,
  rebuild,
  removed,
  retry,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function reads(dialect: Dialect): void {
  const my = useFixture(dialect);
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

  describe('the work of a job', () => {
    test('is its row, its server, the machine it makes, and every machine that is not gone, oldest first', async () => {
      const { id } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const work = await my.store.readWork(rebuilt.job.id);
      expect(work).toMatchObject({ job: rebuilt.job, server: rebuilt.server, machine: { name: `gf-${id}-2` } });
      expect(work?.machines.map(({ name, state }) => [name, state])).toEqual([
        [`gf-${id}-1`, 'current'],
        [`gf-${id}-2`, 'planned'],
      ]);
      await settle(my.store, rebuilt.job.id, failed);
      expect((await my.store.readWork(rebuilt.job.id))?.machines.map(({ name }) => name)).toEqual([`gf-${id}-1`]);
      expect(await my.store.readWork('job-none')).toBeNull();
    });

    test('of a retire is about the machine that it removes', async () => {
      const { id, machineId } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
      expect(await my.store.readWork(retire)).toMatchObject({ machine: { id: machineId, state: 'replaced' } });
    });

    test('that makes a machine tells in which account the newest of the same provider is', async () => {
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

  describe('the leave to go on', () => {
    test('tells the state of the job, and nothing of a job that nobody knows', async () => {
      const bought = await buy(my.store);
      expect(await my.store.readCheckpoint(bought.job.id)).toEqual({ state: 'released', destroyWaits: false });
      await settle(my.store, bought.job.id, made);
      expect(await my.store.readCheckpoint(bought.job.id)).toEqual({ state: 'succeeded', destroyWaits: false });
      expect(await my.store.readCheckpoint('job-none')).toBeNull();
    });

    test('tells of a destroy that waits in the same line, and in that alone', async () => {
      const mine = await buy(my.store);
      const other = await buy(my.store);
      await destroy(my.store, mine.server.id);
      expect(await my.store.readCheckpoint(mine.job.id)).toEqual({ state: 'released', destroyWaits: true });
      expect(await my.store.readCheckpoint(other.job.id)).toEqual({ state: 'released', destroyWaits: false });
      await settle(my.store, mine.job.id, cancelled);
      expect(await my.store.readCheckpoint(mine.job.id)).toEqual({ state: 'cancelled', destroyWaits: false });
    });
  });

  test('the due jobs are the released ones whose time has come, oldest first', async () => {
    const first = await buy(my.store, { now: at(1) });
    const { id } = await running(my.store, { now: at(2) });
    const settled = await settle(my.store, (await rebuild(my.store, id, { now: at(3) })).job.id, made);
    const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
    await rebuild(my.store, first.server.id);
    const due = (now: Date) => my.store.readDue({ now, releasedBefore: now });
    const before = await due(at(359));
    const { id: jobId, requestId, serverId, releasedAt } = first.job;
    expect(before).toEqual([{ id: jobId, kind: 'create', serverId, requestId, dueAt: null, releasedAt }]);
    expect(ids(await due(at(360)))).toEqual([first.job.id, retire]);
  });

  describe('servers', () => {
    test('are read newest first, page by page, each once', async () => {
      const all: string[] = [];
      for (let n = 0; n < 7; n++) all.unshift((await buy(my.store, { now: at(n) })).server.id);
      const pages: string[] = [];
      for (let after: string | undefined, page = all; page.length > 0; after = page.at(-1)) {
        page = (await my.store.readServers({ after, limit: 3 })).map(({ server }) => server.id);
        pages.push(...page);
      }
      expect(pages).toEqual(all);
    });

    test('are found by customer, status and reference, together and alone', async () => {
      const ada = await buy(my.store, { customer: 'ada', reference: 'r-1' });
      const bob = await running(my.store, { customer: 'bob', reference: 'r-2' });
      const found = async (filter: object) =>
        (await my.store.readServers({ ...filter, limit: 9 })).map(({ server }) => server.id);
      expect(await found({ customer: 'ada' })).toEqual([ada.server.id]);
      expect(await found({ status: 'running' })).toEqual([bob.id]);
      expect(await found({ reference: 'r-2' })).toEqual([bob.id]);
      expect(await found({ customer: 'ada', status: 'running' })).toEqual([]);
      expect(await found({ customer: '' })).toEqual([]);
    });

    test('come with the machine that serves now, alone also with their open jobs in order', async () => {
      const { id, machineId } = await running(my.store);
      const first = await rebuild(my.store, id);
      const second = await rebuild(my.store, id);
      const full = await my.store.readServer(id);
      expect(full).toMatchObject({ server: { id }, machine: { id: machineId, ipv4: '192.0.2.1' } });
      expect(ids(full?.openJobs ?? [])).toEqual([first.job.id, second.job.id]);
      expect(await my.store.readServers({ limit: 1 })).toEqual([{ server: full?.server, machine: full?.machine }]);
      expect((await my.store.readServer((await buy(my.store)).server.id))?.machine).toBeNull();
      expect(await my.store.readServer('srv-none')).toBeNull();
    });
  });

  describe('jobs', () => {
    test('are read newest first, page by page, by server, state and kind', async () => {
      const one = await buy(my.store, { now: at(1) });
      const two = await buy(my.store, { now: at(2) });
      const rebuilt = await rebuild(my.store, one.server.id, { now: at(3) });
      expect(ids(await my.store.readJobs({ limit: 9 }))).toEqual([rebuilt.job.id, two.job.id, one.job.id]);
      expect(ids(await my.store.readJobs({ limit: 1, after: rebuilt.job.id }))).toEqual([two.job.id]);
      expect(ids(await my.store.readJobs({ limit: 9, serverId: one.server.id }))).toEqual([rebuilt.job.id, one.job.id]);
      expect(ids(await my.store.readJobs({ limit: 9, state: 'waiting' }))).toEqual([rebuilt.job.id]);
      expect(ids(await my.store.readJobs({ limit: 9, kind: 'create', serverId: two.server.id }))).toEqual([two.job.id]);
      expect(await my.store.readJob('job-none')).toBeNull();
    });

    test('know which open job is right in front of them', async () => {
      const bought = await buy(my.store);
      const first = await rebuild(my.store, bought.server.id);
      const second = await rebuild(my.store, bought.server.id);
      expect((await my.store.readJobInFront(second.job))?.id).toBe(first.job.id);
      expect((await my.store.readJobInFront(first.job))?.id).toBe(bought.job.id);
      expect(await my.store.readJobInFront(bought.job)).toBeNull();
      await settle(my.store, bought.job.id, made);
      expect(await my.store.readJobInFront(first.job)).toBeNull();
    });

    test('that a retry makes sense of are the last failed of their kind, where the server asks for it', async () => {
      const create = await buy(my.store);
      await settle(my.store, create.job.id, failed);
      const retried = await buy(my.store);
      await settle(my.store, retried.job.id, failed);
      await retry(my.store, retried.job.id);
      const gone = await buy(my.store);
      await settle(my.store, gone.job.id, failed);
      await destroy(my.store, gone.server.id);
      const moved = await running(my.store);
      const rebuilt = (await rebuild(my.store, moved.id)).job;
      await settle(my.store, rebuilt.id, failed);
      const retriable = async (limit: number) => ids(await my.store.readRetriable(limit));
      expect((await retriable(9)).sort()).toEqual([create.job.id, rebuilt.id].sort());
      expect(await retriable(1)).toHaveLength(1);
      await rebuild(my.store, moved.id);
      expect(await retriable(9)).toEqual([create.job.id]);
    });
  });

  test('the history of a server is read oldest first and goes on after an entry', async () => {
    const bought = await buy(my.store);
    await buy(my.store);
    await settle(my.store, bought.job.id, made);
    const whole = await my.store.readHistory(bought.server.id, 0, 10);
    expect(whole.map(({ event }) => event)).toEqual(['purchased', 'started', 'succeeded']);
    expect(await my.store.readHistory(bought.server.id, whole[0]?.id ?? 0, 1)).toEqual([whole[1]]);
    expect(await my.store.readHistory(bought.server.id, whole[2]?.id ?? 0, 10)).toEqual([]);
  });

  describe('the figures', () => {
    test('of an empty database are empty', async () => {
      expect(await my.store.readFigures()).toEqual({
        ...{ servers: [], jobs: [], machines: [], paidWithoutServerSince: null },
      });
    });

    test('count servers by status, open jobs by kind and state, machines by provider, plan and state', async () => {
      await running(my.store);
      await running(my.store, { plan: 'large' });
      const late = await buy(my.store, { now: at(20) });
      await buy(my.store, { now: at(10) });
      await rebuild(my.store, late.server.id, { now: at(30) });
      const figures = await my.store.readFigures();
      expect(figures.paidWithoutServerSince).toEqual(at(10));
      expect(new Set(figures.servers)).toEqual(
        new Set([
          { status: 'running', count: 2 },
          { status: 'installing', count: 2 },
        ]),
      );
      expect(new Set(figures.jobs)).toEqual(
        new Set([
          { kind: 'create', state: 'released', count: 2, oldestAt: at(10) },
          { kind: 'rebuild', state: 'waiting', count: 1, oldestAt: at(30) },
        ]),
      );
      expect(new Set(figures.machines)).toEqual(
        new Set([
          { provider: 'simulator', plan: 'small', state: 'current', count: 1 },
          { provider: 'simulator', plan: 'large', state: 'current', count: 1 },
          { provider: 'simulator', plan: 'small', state: 'planned', count: 2 },
        ]),
      );
    });
  });

  describe('trouble', () => {
    const since = { unservedSince: at(100), slowSince: at(100) };

    test('is a customer who paid before the limit and has no machine, or who will get none', async () => {
      const waits = await buy(my.store, { now: at(99) });
      const lost = await buy(my.store, { now: at(98) });
      await settle(my.store, lost.job.id, failed);
      const justLost = await buy(my.store, { now: at(101) });
      await settle(my.store, justLost.job.id, failed);
      await buy(my.store, { now: at(100) });
      await running(my.store);
      await destroyed(my.store);
      expect(ids((await my.store.readTroubles(since)).unserved)).toEqual([
        lost.server.id,
        waits.server.id,
        justLost.server.id,
      ]);
    });

    const retireOf = (settled: Settled) => (settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '');
    const isParked = async () => ids((await my.store.readTroubles(since)).parked);

    test('is a parked job, until another job of its line follows', async () => {
      const bought = await buy(my.store);
      const other = await buy(my.store);
      await settle(my.store, bought.job.id, parked);
      await rebuild(my.store, other.server.id);
      expect(await isParked()).toEqual([bought.job.id]);
      await retry(my.store, bought.job.id);
      expect(await isParked()).toEqual([]);
    });

    test('is a parked job also where what followed was cancelled with it, or retires another machine', async () => {
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

    test('is a parked retire, until its machine is gone', async () => {
      const { id, machineId } = await running(my.store);
      const retire = retireOf(await settle(my.store, (await rebuild(my.store, id)).job.id, made));
      await settle(my.store, retire, parked);
      await rebuild(my.store, id);
      expect(await isParked()).toEqual([retire]);
      await my.store.markMachineGone(machineId ?? '', at(900));
      expect(await isParked()).toEqual([]);
    });

    test('is a removal that was asked for before the limit and is not done', async () => {
      const { id } = await running(my.store);
      const removal = await destroy(my.store, id, at(99));
      const recent = await running(my.store);
      await destroy(my.store, recent.id, at(100));
      const slow = async (slowSince: Date) => ids((await my.store.readTroubles({ ...since, slowSince })).slowJobs);
      expect(await slow(at(100))).toEqual([removal.job.id]);
      expect(await slow(at(99))).toEqual([]);
      await settle(my.store, removal.job.id, removed);
      expect(await slow(at(100))).toEqual([]);
    });

    test('is a destroy also while it waits for the job before it', async () => {
      const { server } = await buy(my.store);
      const { job } = await destroy(my.store, server.id, at(99));
      expect(job.state).toBe('waiting');
      expect(ids((await my.store.readTroubles(since)).slowJobs)).toEqual([job.id]);
    });

    test('is a retire only once it has long been due', async () => {
      const { id } = await running(my.store);
      const retire = retireOf(await settle(my.store, (await rebuild(my.store, id)).job.id, made));
      const slow = async (slowSince: Date) => ids((await my.store.readTroubles({ ...since, slowSince })).slowJobs);
      expect(await slow(at(360))).toEqual([]);
      expect(await slow(at(361))).toEqual([retire]);
    });
  });

  describe('the inventory', () => {
    test('sees every machine of its provider that is not gone, and knows of those elsewhere', async () => {
      const here = await running(my.store);
      const gone = await destroyed(my.store);
      const elsewhere = await running(my.store, { provider: 'vultr' });
      await settle(my.store, (await buy(my.store, { provider: 'vultr' })).job.id, failed);
      const seen = await my.store.readMachines('simulator');
      expect(new Set(seen.map(({ machine, server }) => `${machine.name} ${server.status}`))).toEqual(
        new Set([`gf-${here.id}-1 running`]),
      );
      expect(await my.store.readMachine(`gf-${gone.id}-1`)).toMatchObject({ machine: { state: 'gone' } });
      const foreign = await my.store.readForeignMachines('simulator');
      expect(foreign.map(({ name }) => name)).toEqual([`gf-${elsewhere.id}-1`]);
      expect(await my.store.readMachine(`gf-${here.id}-1`)).toMatchObject({ server: { id: here.id } });
      expect(await my.store.readMachine('gf-none-1')).toBeNull();
    });
  });

  test('a server is destroyed since a time only after it', async () => {
    await running(my.store);
    const { id } = await destroyed(my.store);
    const server = (await my.store.readServer(id))?.server;
    const since = async (ms: number) => my.store.readDestroyed(new Date((server?.updatedAt.getTime() ?? 0) + ms));
    expect((await since(-1)).map(({ machine }) => machine.name)).toEqual([`gf-${id}-1`]);
    expect(await since(0)).toEqual([]);
  });

  test('what is written comes back as it was, to the millisecond and the last sign', async () => {
    const now = new Date('2026-12-31T23:59:59.987Z');
    const odd = { customer: 'Zoë \'O\' "Q" 💾 %_\\', reference: ' \n\t', now };
    const { recorded } = await my.store.recordPurchase(order(odd), plain);
    const read = await my.store.readServer(recorded?.server.id ?? '');
    expect(read?.server).toMatchObject({ customer: odd.customer, reference: odd.reference, createdAt: now });
    const value = { open: true, deep: [{ b: 1, a: null }], text: '💾' };
    await my.store.putSetting(anything('any'), value, noon);
    expect(await my.store.readSetting(anything('any'))).toEqual({ value, updatedAt: noon });
    expect(await my.store.readSetting(anything('none'))).toBeNull();
  });
}
