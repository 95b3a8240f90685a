import { describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { turnOf } from '#db/events.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import type { Dialect } from '../dialects.ts';
import { at, buy, cancelled, failed, made, missing, rebuild, removed, running, settle, useFixture } from './fixture.ts';

export function fences(dialect: Dialect): void {
  const my = useFixture(dialect);

  describe('a fence', () => {
    test.each([
      ['made', made],
      ['failed', failed],
      ['cancelled', cancelled],
      ['removed', removed],
    ] as const)('stops a second settle with outcome %s: no row changes', async (_, outcome) => {
      const bought = await buy(my.store);
      await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, made);
      const before = await my.dump();
      expect(await settle(my.store, bought.job.id, outcome, { now: at(999) })).toEqual({ end: 'fenced' });
      expect(await my.dump()).toEqual(before);
    });

    test.each([
      ['another time', made, { now: at(61) }],
      ['another number of attempts', made, { attempts: 2 }],
      ['another outcome', failed, {}],
    ])('takes no settle with %s for an earlier try of its own', async (_, outcome, changes) => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      await settle(my.store, bought.job.id, made);
      const repeating = createStore(repeated(my.database));
      expect(await settle(repeating, bought.job.id, outcome, changes)).toEqual({ end: 'fenced' });
      const own = await settle(repeating, bought.job.id, made);
      expect(own).toMatchObject({ end: 'settled', released: [{ id: waiting.job.id }] });
    });

    test('stops the settle of a waiting job, and of an id without a job', async () => {
      const bought = await buy(my.store);
      const waiting = await rebuild(my.store, bought.server.id);
      const before = await my.dump();
      expect(await settle(my.store, waiting.job.id, made)).toEqual({ end: 'fenced' });
      expect(await settle(my.store, 'job-none', made)).toEqual({ end: 'fenced' });
      expect(await my.dump()).toEqual(before);
    });

    test('lets one of twenty simultaneous settles through', async () => {
      const { id } = await running(my.store);
      const rebuilt = await rebuild(my.store, id);
      const stores = [my.store, await my.another()];
      const ends = await Promise.all(
        Array.from({ length: 20 }, (_, n) => settle(pick(stores, n), rebuilt.job.id, n % 2 ? made : failed)),
      );
      expect(ends.filter(({ end }) => end === 'settled')).toHaveLength(1);
      const { events, jobs } = await my.dump();
      const turns = events.filter(({ jobId }) => jobId === rebuilt.job.id).map(({ type }) => turnOf(type));
      expect(turns.filter((turn) => turn !== 'requested')).toHaveLength(2);
      expect(jobs.filter(({ kind }) => kind === 'retire').length).toBeLessThanOrEqual(1);
    });
  });

  test('a settle commits one transaction, and a fenced settle commits none', async () => {
    const { id, statements, store, close } = await traced();
    await settle(store, id, made);
    expect(statements.filter(isBegin)).toHaveLength(1);
    expect(statements.filter(isCommit)).toHaveLength(1);
    statements.length = 0;
    expect(await settle(store, id, made)).toEqual({ end: 'fenced' });
    expect(statements.filter(isCommit)).toEqual([]);
    await close();
  });

  test('a purchase commits one transaction, and a read needs none', async () => {
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

/** Every transaction is the second try, as after a commit whose answer was lost. */
function repeated(database: Database): Database {
  const transact: Database['transact'] = (name, steps, options) => {
    const again: typeof steps = (context) => {
      steps(context);
      return steps(context);
    };
    return database.transact(name, again, options);
  };
  return { ...database, transact };
}

const isBegin = (statement: string) => /^begin/i.test(statement);
const isCommit = (statement: string) => /^commit/i.test(statement);

function pick(stores: readonly Store[], n: number): Store {
  return stores[n % stores.length] ?? missing('store');
}
