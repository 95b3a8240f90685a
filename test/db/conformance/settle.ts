import { describe, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Dialect } from '../dialects.ts';
import {
  abandoned,
  at,
  buy,
  cancelled,
  confirmed,
  destroy,
  failed,
  made,
  missing,
  parked,
  rebuild,
  removed,
  running,
  settle,
  useFixture,
} from './fixture.ts';

export function settling(dialect: Dialect): void {
  const my = useFixture(dialect);
  const job = async (id: string) => (await my.store.readJob(id)) ?? missing(id);
  const server = async (id: string) => (await my.store.readServer(id))?.server ?? missing(id);
  const machine = async (name: string) => (await my.store.readMachine(name))?.machine ?? missing(name);
  const last = async (id: string) => (await my.store.readHistory(id, 0, 100)).at(-1);

  describe('a create that succeeds', () => {
    test('puts the machine into service', async () => {
      const bought = await buy(my.store);
      expect(await settle(my.store, bought.job.id, made, { attempts: 3 })).toMatchObject({
        end: 'settled',
        released: [],
      });
      expect(await job(bought.job.id)).toMatchObject({
        ...{ state: 'succeeded', attempts: 3, error: null, parked: false, finishedAt: at(60) },
      });
      expect(await server(bought.server.id)).toMatchObject({
        ...{ status: 'running', machineId: bought.job.machineId, generation: 1, updatedAt: at(60) },
      });
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({
        ...confirmed,
        ...{ state: 'current', removableAt: null, goneAt: null },
      });
      expect(await last(bought.server.id)).toMatchObject({
        ...{ event: 'succeeded', jobId: bought.job.id, at: at(60), detail: { kind: 'create', attempts: 3 } },
      });
    });
  });

  describe('a create that fails', () => {
    test('and left nothing: the machine is gone, the server failed', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, failed, { attempts: 5 });
      expect(await job(bought.job.id)).toMatchObject({
        ...{ state: 'failed', error: 'Sold out.', attempts: 5, parked: false, finishedAt: at(60) },
      });
      expect(await server(bought.server.id)).toMatchObject({ status: 'failed', machineId: null, updatedAt: at(60) });
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({ state: 'gone', goneAt: at(60) });
      expect(await last(bought.server.id)).toMatchObject({
        ...{ event: 'failed', detail: { kind: 'create', attempts: 5, error: 'Sold out.' } },
      });
    });

    test('and may have left something: the machine is abandoned, to be removed by the inventory', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, abandoned);
      expect(await machine(`gf-${bought.server.id}-1`)).toMatchObject({
        ...{ state: 'abandoned', removableAt: at(60), goneAt: null },
      });
    });

    test('by being parked says so', async () => {
      const bought = await buy(my.store);
      await settle(my.store, bought.job.id, parked);
      expect(await job(bought.job.id)).toMatchObject({ state: 'failed', parked: true, error: 'Parked.' });
    });

    test('cancels the rebuilds behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      expect(await settle(my.store, bought.job.id, failed)).toMatchObject({ end: 'settled', released: [] });
      expect(await job(waiting.job.id)).toMatchObject({
        ...{ state: 'cancelled', error: 'The create before it failed.', finishedAt: at(60) },
      });
      expect((await server(bought.server.id)).status).toBe('failed');
    });

    test('releases the destroy behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      const settled = await settle(my.store, bought.job.id, abandoned);
      expect(settled).toMatchObject({ released: [{ id: waiting.job.id, state: 'released' }] });
      expect((await server(bought.server.id)).status).toBe('destroying');
    });
  });

  describe('a create that was cancelled', () => {
    test('leaves its machine as planned for the destroy behind it', async () => {
      const bought = await buy(my.store);
      const waiting = await destroy(my.store, bought.server.id);
      await settle(my.store, bought.job.id, cancelled);
      expect(await job(bought.job.id)).toMatchObject({ state: 'cancelled', error: 'A destroy waits.' });
      expect((await machine(`gf-${bought.server.id}-1`)).state).toBe('planned');
      await settle(my.store, waiting.job.id, removed);
      expect((await machine(`gf-${bought.server.id}-1`)).state).toBe('gone');
    });
  });

  describe('a rebuild that succeeds', () => {
    test('serves from the new machine and releases the retire of the old one, due after the grace', async () => {
      const { id, machineId } = await running(my.store);
      const rebuilt = await rebuild(my.store, id, { location: 'ams' });
      const settled = await settle(my.store, rebuilt.job.id, {
        end: 'made',
        machine: { ...confirmed, providerId: 'vps-2' },
      });
      expect(await server(id)).toMatchObject({
        ...{ status: 'running', machineId: rebuilt.job.machineId, location: 'ams', generation: 2 },
      });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'replaced', removableAt: at(360), goneAt: null });
      expect(await machine(`gf-${id}-2`)).toMatchObject({ state: 'current', providerId: 'vps-2' });
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      expect(settled).toMatchObject({ released: [{ kind: 'retire' }] });
      expect(retire).toEqual(await job(retire?.id ?? ''));
      expect(retire).toMatchObject({
        ...{ line: machineId, machineId, serverId: id, state: 'released', dueAt: at(360), requestedBy: 'rebuild' },
      });
    });

    test('releases the next rebuild of the line at once, beside the retire', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      const second = await rebuild(my.store, id);
      const settled = await settle(my.store, first.job.id, made);
      expect(settled.end === 'settled' && settled.released.map(({ kind }) => kind)).toEqual(['retire', 'rebuild']);
      expect(await job(second.job.id)).toMatchObject({ state: 'released' });
      expect(await server(id)).toMatchObject({ status: 'rebuilding', generation: 3 });
    });

    test('is followed by a retire that ends in its own line and leaves the server alone', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? settled.released[0] : undefined;
      const before = await server(id);
      await settle(my.store, retire?.id ?? '', removed, { now: at(400) });
      expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'gone', goneAt: at(400) });
      expect(await server(id)).toEqual({ ...before, lastPosition: expect.any(Number) });
      expect(await last(id)).toMatchObject({ event: 'succeeded', detail: { kind: 'retire' } });
    });
  });

  describe('a rebuild that fails', () => {
    test.each([
      ['gone', failed],
      ['abandoned', abandoned],
    ] as const)('leaves the customer on the old machine; the new one is %s', async (state, outcome) => {
      const { id, machineId } = await running(my.store);
      const rebuilt = await rebuild(my.store, id, { location: 'ams' });
      await settle(my.store, rebuilt.job.id, outcome);
      expect(await server(id)).toMatchObject({ status: 'running', machineId, location: 'ewr' });
      expect((await machine(`gf-${id}-1`)).state).toBe('current');
      expect((await machine(`gf-${id}-2`)).state).toBe(state);
    });

    test('lets the next job of the line go on', async () => {
      const { id } = await running(my.store);
      const first = await rebuild(my.store, id);
      const second = await rebuild(my.store, id);
      const settled = await settle(my.store, first.job.id, failed);
      expect(settled).toMatchObject({ released: [{ id: second.job.id }] });
      expect(await server(id)).toMatchObject({ status: 'rebuilding', generation: 3 });
    });
  });

  describe('a destroy', () => {
    test('that succeeds leaves no machine, and takes the open retires with it', async () => {
      const { id } = await running(my.store);
      const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
      const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
      await settle(my.store, (await destroy(my.store, id)).job.id, removed, { now: at(99) });
      expect(await server(id)).toMatchObject({ status: 'destroyed', machineId: null, updatedAt: at(99) });
      for (const name of [`gf-${id}-1`, `gf-${id}-2`])
        expect(await machine(name)).toMatchObject({ state: 'gone', goneAt: at(99) });
      expect(await job(retire)).toMatchObject({ state: 'cancelled', finishedAt: at(99), error: expect.any(String) });
      const told = (await my.store.readHistory(id, 0, 100)).filter(({ jobId }) => jobId === retire);
      expect(told.map(({ event }) => event)).toEqual(['started', 'cancelled']);
      expect(await settle(my.store, retire, removed)).toEqual({ end: 'fenced' });
    });

    test('that is parked leaves the server destroying, with its machines as they are', async () => {
      const { id } = await running(my.store);
      await settle(my.store, (await destroy(my.store, id)).job.id, parked);
      expect(await server(id)).toMatchObject({ status: 'destroying' });
      expect((await machine(`gf-${id}-1`)).state).toBe('current');
    });
  });

  test('a parked retire leaves its machine replaced and the server as it is', async () => {
    const { id } = await running(my.store);
    const settled = await settle(my.store, (await rebuild(my.store, id)).job.id, made);
    const retire = settled.end === 'settled' ? (settled.released[0]?.id ?? '') : '';
    await settle(my.store, retire, parked);
    expect(await machine(`gf-${id}-1`)).toMatchObject({ state: 'replaced' });
    expect(await server(id)).toMatchObject({ status: 'running' });
  });

  describe('a fence', () => {
    test.each([
      ['made', made],
      ['failed', failed],
      ['cancelled', cancelled],
      ['removed', removed],
    ] as const)('stops a second settle that says %s: no row changes', async (_, outcome) => {
      const bought = await buy(my.store);
      await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, made);
      const before = await my.dump();
      expect(await settle(my.store, bought.job.id, outcome, { now: at(999) })).toEqual({ end: 'fenced' });
      expect(await my.dump()).toEqual(before);
    });

    test('stops the settle of a job that waits, and of one that nobody knows', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      const before = await my.dump();
      expect(await settle(my.store, waiting.job.id, made)).toEqual({ end: 'fenced' });
      expect(await settle(my.store, 'job-none', made)).toEqual({ end: 'fenced' });
      expect(await my.dump()).toEqual(before);
    });

    test('lets one of twenty settles at once through', async () => {
      const { id } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const stores = [my.store, await my.another()];
      const ends = await Promise.all(
        Array.from({ length: 20 }, (_, n) => settle(pick(stores, n), rebuilt.job.id, n % 2 ? made : failed)),
      );
      expect(ends.filter(({ end }) => end === 'settled')).toHaveLength(1);
      const { history, jobs } = await my.dump();
      expect(history.filter(({ jobId, event }) => jobId === rebuilt.job.id && event !== 'requested')).toHaveLength(2);
      expect(jobs.filter(({ kind }) => kind === 'retire').length).toBeLessThanOrEqual(1);
    });
  });

  test('a settle is one committed transaction, and a fenced one none', async () => {
    const { id, statements, store, close } = await traced();
    await settle(store, id, made);
    expect(statements.filter(isBegin)).toHaveLength(1);
    expect(statements.filter(isCommit)).toHaveLength(1);
    statements.length = 0;
    expect(await settle(store, id, made)).toEqual({ end: 'fenced' });
    expect(statements.filter(isCommit)).toEqual([]);
    await close();
  });

  test('a purchase is one committed transaction, and reading needs none', async () => {
    const { id, statements, store, close } = await traced();
    await store.readWork(id);
    await store.readCheckpoint(id);
    expect(statements.filter((text) => isBegin(text) || isCommit(text))).toEqual([]);
    await buy(store);
    expect(statements.filter(isCommit)).toHaveLength(1);
    await close();
  });

  async function traced(): Promise<{ id: string; statements: string[]; store: Store; close(): Promise<void> }> {
    const bought = await buy(my.store);
    const statements: string[] = [];
    const database = await openDatabase(my.url, { trace: (statement) => statements.push(statement) });
    statements.length = 0;
    return { id: bought.job.id, statements, store: createStore(database), close: () => database.close() };
  }
}

const isBegin = (statement: string) => /^begin/i.test(statement);
const isCommit = (statement: string) => /^commit/i.test(statement);

function pick(stores: readonly Store[], n: number): Store {
  return stores[n % stores.length] ?? missing('store');
}
