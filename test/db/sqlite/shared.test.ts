import SqliteConnection from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Database } from '#db/database.ts';
import { DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import { previewOf } from '#db/preview.ts';
import type { Context, Steps } from '#db/steps.ts';
import { createStore } from '#db/store.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, made, missing, noon, order, settle } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

const dialect = sqliteDialect();
let url = '';
let database: Database | null = null;
let statements: string[] = [];
beforeEach(async () => {
  url = await dialect.emptyDatabase();
  database = await openDatabase(url, { trace: (statement) => statements.push(statement) });
  statements = [];
  // A slice lasts as long as the test says, also on a busy machine.
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await database?.close();
});
afterAll(() => dialect.stop());

const opened = () => database ?? missing('database');
const commits = () => statements.filter((statement) => statement === 'COMMIT').length;

interface Write {
  /** Runs before the step, in the same transaction. */
  readonly inside?: (context: Context) => void;
  /** The size of its value, in bytes. */
  readonly bytes?: number;
  readonly mayShare?: boolean;
}

function write(name: string, { inside = () => undefined, bytes = 1, mayShare = true }: Write = {}): Promise<string> {
  function* steps(context: Context): Steps<string> {
    inside(context);
    yield* putSetting(context, anything(name), { value: 'x'.repeat(bytes), now: noon });
    return name;
  }
  return opened().transact('write', steps, { busyTimeoutMs: 10_000, mayShare });
}

/** The names that were recorded, as another process sees them. */
function recorded(): string[] {
  const other = new SqliteConnection(url.slice('file:'.length), { readonly: true });
  const names = other.prepare<[], string>('SELECT name FROM settings ORDER BY name').pluck().all();
  other.close();
  return names;
}

const outcomes = async (calls: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(calls)).map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)));

test('those that may share and arrive together commit together', async () => {
  expect(await outcomes(['a', 'b', 'c'].map((name) => write(name)))).toEqual(['a', 'b', 'c']);
  expect([commits(), recorded()]).toEqual([1, ['a', 'b', 'c']]);
});

test('one that arrives alone has no savepoint', async () => {
  await write('a');
  expect(statements.filter((statement) => statement.startsWith('SAVEPOINT'))).toEqual([]);
  expect(commits()).toBe(1);
});

test('one that may not share commits by itself, and the order stays', async () => {
  const seen: string[] = [];
  const calls = ['a', 'b', 'alone', 'c', 'd'].map((name) =>
    write(name, { mayShare: name !== 'alone', inside: () => seen.push(name) }),
  );
  await Promise.all(calls);
  expect(seen).toEqual(['a', 'b', 'alone', 'c', 'd']);
  expect(commits()).toBe(3);
});

test('one that throws undoes its own steps only', async () => {
  const throwing = () => {
    throw new Error('no');
  };
  expect(await outcomes([write('a'), write('b', { inside: throwing }), write('c')])).toEqual(['a', 'Error: no', 'c']);
  expect([commits(), recorded()]).toEqual([1, ['a', 'c']]);
});

test('one that meets a lock within its steps undoes them only', async () => {
  const locked = () => {
    throw new SqliteConnection.SqliteError('database is locked', 'SQLITE_BUSY');
  };
  const ends = await outcomes([write('a'), write('b', { inside: locked }), write('c')]);
  expect([ends, recorded()]).toEqual([
    ['a', expect.stringContaining(DatabaseBusyError.name), 'c'],
    ['a', 'c'],
  ]);
});

test('a preview shares no transaction, so that nothing of it is written', async () => {
  const preview = previewOf(opened(), () => undefined);
  const steps = (context: Context) => putSetting(context, anything('seen'), { value: 1, now: noon });
  const looking = [1, 2].map(() => preview.transact('look', steps, { busyTimeoutMs: 10_000, mayShare: true }));
  await Promise.all(looking);
  expect([commits(), recorded()]).toEqual([0, []]);
});

test('nobody is answered before the commit, and a commit that fails rejects all of them', async () => {
  // SQLite looks at it only when it commits.
  const breaking = ({ db }: Context) => {
    db.run(sql.raw('PRAGMA defer_foreign_keys = true'));
    db.run(sql.raw("INSERT INTO vpn_keys (server_id, sealed) VALUES ('nobody', '')"));
  };
  const ends = await outcomes([write('a'), write('b', { inside: breaking }), write('c')]);
  expect(ends).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('FOREIGN KEY constraint failed')));
  expect(recorded()).toEqual([]);
  expect(await write('d')).toBe('d');
});

// SQLite's own limit of size has the same effect as a full disk.
test('a full disk ends the transaction: those that have run are rejected, and the others run after it', async () => {
  const limit =
    (pages: number) =>
    ({ db }: Context) =>
      void db.run(sql.raw(`PRAGMA max_page_count = ${pages}`));
  const calls = [
    write('a'),
    write('b', { inside: limit(1), bytes: 1_000_000 }),
    write('c', { inside: limit(1_000_000) }),
  ];
  const ends = await outcomes(calls);
  expect(ends.slice(0, 2)).toEqual([1, 2].map(() => expect.stringContaining(DatabaseFullError.name)));
  expect([ends[2], recorded()]).toEqual(['c', ['c']]);
});

test('while another process has the lock none of them has run, and then all run in order', async () => {
  const other = new SqliteConnection(url.slice('file:'.length));
  other.exec('BEGIN IMMEDIATE');
  const seen: string[] = [];
  const calls = ['a', 'b'].map((name) => write(name, { inside: () => seen.push(name) }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([]);
  other.exec('COMMIT');
  other.close();
  await Promise.all(calls);
  expect([seen, commits()]).toEqual([['a', 'b'], 1]);
});

test('a slice ends after 5 ms within a shared transaction, too', async () => {
  const inside = () => void vi.advanceTimersByTime(2);
  await Promise.all(Array.from({ length: 12 }, (_, n) => write(`n${n}`, { inside })));
  expect(commits()).toBe(4);
});

test('a transaction that cannot begin rejects each of them', async () => {
  await opened().close();
  expect(await outcomes([write('a'), write('b')])).toEqual(
    [1, 2].map(() => expect.stringContaining('The database is closed.')),
  );
});

test('purchases that arrive together share a commit, and a call repeated among them is recorded once', async () => {
  const store = createStore(opened());
  const purchase = (key: string) =>
    store.recordPurchase(order(), { idempotency: { token: 't', key, bodyHash: key }, answer: () => `accepted ${key}` });
  const answers = await Promise.all(['1', '2', '1', '3'].map(purchase));
  expect(answers.map(({ body }) => body)).toEqual(['accepted 1', 'accepted 2', 'accepted 1', 'accepted 3']);
  expect(answers.map((answer) => answer.recorded !== null)).toEqual([true, true, false, true]);
  expect([(await store.readServers({ limit: 50 })).length, commits()]).toEqual([3, 1]);
});

test('the settles of jobs never share a commit', async () => {
  const store = createStore(opened());
  for (const key of ['1', '2', '3'])
    await store.recordPurchase(order(), { idempotency: { token: 't', key, bodyHash: key }, answer: () => '' });
  statements = [];
  await Promise.all((await store.readJobs({ limit: 3 })).map(({ id }) => settle(store, id, made)));
  expect(commits()).toBe(3);
});
