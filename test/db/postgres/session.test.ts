import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import { previewOf } from '#db/preview.ts';
import { ask, askAhead, askHot, type Context, hotInsert, hotRow, type Steps } from '#db/steps.ts';
import { createStore, type Store } from '#db/store.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { buy, made, noon, order, rebuild, settle } from '../conformance/fixture.ts';
import { type Breaker, startBreaker } from './breaker.ts';

const missing = whyNoPostgres();
if (missing) process.stderr.write(`Skipped: the transactions of Postgres, because ${missing}.\n`);

const insertSetting = hotInsert('insert_setting_here', (t) => t.settings);
const setting = (name: string) => ({ name, value: {}, updatedAt: noon });
const divide = hotRow('divide', ({ db, t }) =>
  db.select({ result: sql<number>`max(12 / ${sql.placeholder('by')}::int)` }).from(t.settings),
);

describe.skipIf(missing)('Postgres', () => {
  let postgres: TestPostgres;
  let breaker: Breaker;
  let database: Database;
  let store: Store;
  let begins = 0;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const direct = new URL(await postgres.createDatabase());
    breaker = await startBreaker(Number(direct.port));
    const url = Object.assign(direct, { port: String(breaker.port) }).href;
    database = await openDatabase(url, { trace: (text) => (begins += Number(text === 'begin')) });
    store = createStore(database);
  }, 60_000);
  beforeEach(async () => {
    await transact('empty', function* ({ db, t }) {
      yield* ask(db.delete(t.settings));
      yield* askHot(insertSetting, setting('first'));
    });
  });
  afterAll(async () => {
    await store?.close();
    breaker?.close();
    await postgres?.stop();
  });

  const transact = <R>(name: string, steps: (context: Context) => Steps<R>, interleaveApart?: string): Promise<R> =>
    database.transact(name, steps, { busyTimeoutMs: 5_000, interleaveApart: interleaveApart ?? null });
  const names = () =>
    database.read('names', function* ({ db, t }): Steps<string[]> {
      const rows = yield* ask(db.select({ name: t.settings.name }).from(t.settings).orderBy(t.settings.name));
      return rows.map(({ name }) => name);
    });
  /** The messages that Postgres got meanwhile. */
  const messagesOf = async (run: () => Promise<unknown>): Promise<number> => {
    const before = breaker.received().length;
    await run();
    return breaker.received().length - before;
  };

  test('gets a purchase in two messages', async () => {
    await buy(store);
    expect(await messagesOf(() => buy(store))).toBe(2);
  });

  test('gets the settle of a create in two messages', async () => {
    const jobs = [await buy(store), await buy(store)].map(({ job }) => job.id);
    await settle(store, jobs[0] ?? '', made);
    expect(await messagesOf(() => settle(store, jobs[1] ?? '', made))).toBe(2);
  });

  test('releases the job behind a create, whose settle asks for it ahead', async () => {
    const { server, job } = await buy(store);
    const next = await rebuild(store, server.id);
    expect(await settle(store, job.id, made)).toMatchObject({ released: [{ id: next.job.id }] });
  });

  test('gets reads that are asked at once in a few messages, and each has its own rows', async () => {
    const quotient = (by: number) =>
      database.read('divide', function* (): Steps<unknown> {
        const rows = yield* askHot(divide, { by });
        return rows.map(({ result }) => result).join();
      });
    await Promise.all([quotient(1), quotient(1), quotient(1)]);
    let results: unknown[] = [];
    const messages = await messagesOf(async () => {
      results = await Promise.all([1, 2, 3, 4, 6, 12].map(quotient));
    });
    expect(results).toEqual(['12', '6', '4', '3', '2', '1']);
    expect(messages).toBe(1);
    expect(await Promise.allSettled([quotient(1), quotient(0), quotient(4)])).toMatchObject([
      { value: '12' },
      { status: 'rejected' },
      { value: '3' },
    ]);
  });

  test('answers a query that was asked ahead when it is read, together with the next one', async () => {
    const steps = function* (): Steps<unknown[]> {
      const read = yield* askAhead(divide, { by: 3 }, (rows) => rows);
      const next = yield* askHot(divide, { by: 2 });
      return [yield* read(), next];
    };
    await transact('warm up', steps);
    expect(
      await messagesOf(async () => expect(await transact('ahead', steps)).toEqual([[{ result: 4 }], [{ result: 6 }]])),
    ).toBe(2);
    expect(await database.read('ahead', steps)).toEqual([[{ result: 4 }], [{ result: 6 }]]);
  });

  test('ends a transaction at the error of a query that was asked ahead and is never read', async () => {
    const steps = function* (): Steps<void> {
      yield* askAhead(divide, { by: 0 }, (rows) => rows);
      yield* askHot(insertSetting, setting('second'));
    };
    await expect(transact('ahead', steps)).rejects.toThrow(/division by zero/);
    expect(await names()).toEqual(['first']);
  });

  test('tells the error of a write rather than an error of the steps behind it', async () => {
    const steps = function* (): Steps<void> {
      yield* askHot(divide, { by: 1 });
      yield* askHot(insertSetting, setting('first'));
      throw new Error('behind the write');
    };
    await expect(transact('write', steps)).rejects.toThrow(/duplicate key/);
    const fine = function* (): Steps<void> {
      yield* askHot(divide, { by: 1 });
      yield* askHot(insertSetting, setting('second'));
      throw new Error('behind the write');
    };
    await expect(transact('write', fine)).rejects.toThrow('behind the write');
    expect(await names()).toEqual(['first']);
  });

  test('commits those that may interleave together, and one that throws among them is undone alone', async () => {
    const one = (name: string) =>
      transact(
        name,
        function* (): Steps<string> {
          const [row] = yield* askHot(divide, { by: name.length });
          yield* askHot(insertSetting, setting(name));
          if (name === 'bad') throw new Error('bad by itself');
          return `${name} ${row?.result}`;
        },
        name,
      );
    begins = 0;
    expect(await Promise.all(['a', 'bb', 'cccc'].map(one))).toEqual(['a 12', 'bb 6', 'cccc 3']);
    expect(begins).toBe(1);
    expect(await Promise.allSettled(['d', 'bad', 'a', 'eeeeee'].map(one))).toMatchObject([
      { value: 'd 12' },
      { reason: new Error('bad by itself') },
      { status: 'rejected', reason: { message: expect.stringContaining('duplicate key') } },
      { value: 'eeeeee 2' },
    ]);
    expect(await names()).toEqual(['a', 'bb', 'cccc', 'd', 'eeeeee', 'first']);
  });

  test('commits purchases that arrive together in few transactions, and a repeated call among them once', async () => {
    const before = (await store.readServers({ limit: 500 })).length;
    const purchase = (key: string) =>
      store.recordPurchase(order({ customer: `customer ${key}` }), {
        idempotency: { token: 't', key, bodyHash: key },
        answer: () => `accepted ${key}`,
      });
    begins = 0;
    const keys = Array.from({ length: 40 }, (_, n) => `${n % 30}`);
    const answers = await Promise.all(keys.map(purchase));
    expect(answers.map(({ body }) => body)).toEqual(keys.map((key) => `accepted ${key}`));
    expect(answers.filter(({ recorded }) => recorded !== null)).toHaveLength(30);
    expect((await store.readServers({ limit: 500 })).length - before).toBe(30);
    expect(begins).toBeLessThanOrEqual(4);
  });

  test('keeps purchases of one customer apart, so that each counts those before it', async () => {
    begins = 0;
    await Promise.all(['eve', 'EVE', 'eve'].map((customer) => buy(store, { customer })));
    expect(begins).toBe(3);
  });

  test('leaves nothing on a connection whose steps throw at once', async () => {
    const thrower = () => {
      throw new Error('before the first step');
    };
    const fine = function* (): Steps<string> {
      const [row] = yield* askHot(divide, { by: 4 });
      return `${row?.result}`;
    };
    expect(await Promise.allSettled([transact('a', fine, 'a'), transact('b', thrower, 'b')])).toMatchObject([
      { value: '3' },
      { reason: new Error('before the first step') },
    ]);
    begins = 0;
    const messages = await messagesOf(() => transact('c', fine));
    expect([messages, begins]).toEqual([2, 1]);
    await expect(transact('d', thrower)).rejects.toThrow('before the first step');
    const before = breaker.received().length;
    await transact('e', fine);
    const sent = breaker.received().slice(before).join('');
    expect(sent.match(/begin/g)).toHaveLength(1);
  });

  test('runs a preview, which is undone, in a transaction of its own', async () => {
    const preview = previewOf(database, () => undefined);
    const look = (name: string) =>
      preview.transact('look', () => askHot(insertSetting, setting(name)), {
        busyTimeoutMs: 5_000,
        interleaveApart: name,
      });
    begins = 0;
    await Promise.all(['one', 'two'].map(look));
    expect([begins, await names()]).toEqual([2, ['first']]);
  });

  test('keeps purchases apart that a limit of servers keeps apart', async () => {
    begins = 0;
    await Promise.all([1, 2, 3].map(() => buy(store, { maxServers: 1_000 })));
    expect(begins).toBe(3);
  });
});
