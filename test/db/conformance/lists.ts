import { describe, expect, test } from 'vitest';
import type { Dialect } from '../dialects.ts';
import { at, buy, destroy, failed, made, rebuild, removed, retry, running, settle, useFixture } from './fixture.ts';

export function lists(dialect: Dialect): void {
  const my = useFixture(dialect);
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

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
      const gone = await running(my.store, { plan: 'large' });
      expect(await found({ plan: 'large' })).toEqual([gone.id]);
      await settle(my.store, (await destroy(my.store, gone.id)).job.id, removed);
      expect(await found({ plan: 'large' })).toEqual([]);
      expect(await found({ plan: 'large', status: 'destroyed' })).toEqual([]);
    });

    test('include the current machine; a single server also includes its open jobs in order', async () => {
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
      expect(
        ids(await my.store.readJobs({ limit: 9, state: 'released', among: [one.job.id, rebuilt.job.id] })),
      ).toEqual([one.job.id]);
      expect(ids(await my.store.readJobs({ limit: 9, state: 'released', except: [one.job.id] }))).toEqual([two.job.id]);
      expect(ids(await my.store.readJobs({ limit: 9, state: 'released', among: [] }))).toEqual([]);
      expect(ids(await my.store.readJobs({ limit: 9, state: 'released', except: [], kind: 'create' }))).toHaveLength(2);
      expect(ids(await my.store.readJobs({ limit: 9, kind: 'create', serverId: two.server.id }))).toEqual([two.job.id]);
      expect(await my.store.readJob('job-none')).toBeNull();
    });

    test('include the open job directly before them in their line', async () => {
      const bought = await buy(my.store);
      const first = await rebuild(my.store, bought.server.id);
      const second = await rebuild(my.store, bought.server.id);
      expect((await my.store.readJobInFront(second.job))?.id).toBe(first.job.id);
      expect((await my.store.readJobInFront(first.job))?.id).toBe(bought.job.id);
      expect(await my.store.readJobInFront(bought.job)).toBeNull();
      await settle(my.store, bought.job.id, made);
      expect(await my.store.readJobInFront(first.job)).toBeNull();
    });

    test('that can be retried are the last failed of their kind, on a server whose status allows it', async () => {
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
      const retriable = async (limit: number, filter: object = {}) =>
        ids(await my.store.readRetriable({ ...filter, limit }));
      expect((await retriable(9)).sort()).toEqual([create.job.id, rebuilt.id].sort());
      expect(await retriable(1)).toHaveLength(1);
      expect(await retriable(9, { kind: 'rebuild' })).toEqual([rebuilt.id]);
      expect(await retriable(9, { serverId: moved.id })).toEqual([rebuilt.id]);
      expect(await retriable(9, { owner: 'nobody' })).toEqual([]);
      const [older, newer] = [create.job.id, rebuilt.id].sort();
      expect(await retriable(9, { after: newer })).toEqual([older]);
      await rebuild(my.store, moved.id);
      expect(await retriable(9)).toEqual([create.job.id]);
    });
  });

  test('the history of a server is read oldest first, and a page continues after an entry', async () => {
    const bought = await buy(my.store);
    await buy(my.store);
    await settle(my.store, bought.job.id, made);
    const whole = await my.store.readHistory(bought.server.id, 0, 10);
    expect(whole.map(({ event }) => event)).toEqual(['purchased', 'started', 'succeeded']);
    expect(await my.store.readHistory(bought.server.id, whole[0]?.id ?? 0, 1)).toEqual([whole[1]]);
    expect(await my.store.readHistory(bought.server.id, whole[2]?.id ?? 0, 10)).toEqual([]);
  });
}
