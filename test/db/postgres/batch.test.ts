import type { EventEmitter } from 'node:events';
import type { Writable } from 'node:stream';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ResultRows, type Statement, sendBatch } from '#db/postgres/batch.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';

const missing = whyNoPostgres();
if (missing) process.stderr.write(`Skipped: the messages to Postgres, because ${missing}.\n`);

describe.skipIf(missing)('a batch of statements', () => {
  let postgres: TestPostgres;
  let url: string;
  let client: pg.Client;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    url = await postgres.createDatabase();
    client = new pg.Client(url);
    await client.connect();
    await client.query('CREATE TABLE things (id int PRIMARY KEY)');
  }, 60_000);
  beforeEach(async () => {
    await client.query('ROLLBACK');
    await client.query('TRUNCATE things');
  });
  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  const read = (text: string, more: Partial<Statement> = {}) => {
    const result = new pg.Result('array', pg.types) as ResultRows;
    return { text, ...more, result };
  };
  const insert = (id: unknown): Statement => ({
    name: 'insert_thing',
    text: 'INSERT INTO things VALUES ($1)',
    values: [id],
  });
  const stored = async () => (await client.query('SELECT id FROM things ORDER BY id')).rows.map(({ id }) => id);

  test('runs them in order, and each result has the rows of its own statement', async () => {
    const reads = [read('SELECT 1, $1::text, NULL', { values: ['a'] }), read('SELECT count(*)::int FROM things')];
    await sendBatch(client, [...reads.slice(0, 1), insert(7), insert(8), ...reads.slice(1)]);
    expect(reads.map(({ result }) => result.rows)).toEqual([[[1, 'a', null]], [[2]]]);
    expect(await stored()).toEqual([7, 8]);
  });

  test('sends bytes, numbers, booleans and null', async () => {
    const values = [Buffer.from('ab'), 1.5, 12n, true, null, undefined];
    const types = ['bytea', 'float8', 'int8', 'bool', 'text', 'text'];
    const one = read(`SELECT ${types.map((type, at) => `$${at + 1}::${type}`).join()}`, { values });
    await sendBatch(client, [one]);
    expect(one.result.rows).toEqual([[Buffer.from('ab'), 1.5, '12', true, null, null]]);
  });

  test('runs nothing behind a statement that fails, so its commit is not one', async () => {
    await sendBatch(client, [{ text: 'BEGIN' }, insert(1)]);
    await expect(sendBatch(client, [insert(2), insert(1), insert(3), { text: 'COMMIT' }])).rejects.toThrow(
      /duplicate key/,
    );
    await client.query('COMMIT');
    expect(await stored()).toEqual([]);
  });

  test('sends nothing if one of its values cannot be sent', async () => {
    const batch = sendBatch(client, [insert(1), insert({ id: 2 })]);
    await expect(batch).rejects.toThrow('Postgres cannot be sent a value of the type object.');
    expect(await stored()).toEqual([]);
  });

  test('prepares a statement with a name once for a connection, also for queries of the driver', async () => {
    const prepared = async () =>
      (await client.query("SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'named'")).rows[0].count;
    const [first, again, third] = [1, 2, 3].map(() => read('SELECT 5', { name: 'named' }));
    if (!first || !again || !third) throw new Error('three');
    await sendBatch(client, [first, again]);
    await sendBatch(client, [third]);
    expect([first, again, third].map(({ result }) => result.rows)).toEqual([[[5]], [[5]], [[5]]]);
    expect((await client.query({ name: 'named', text: 'SELECT 5', rowMode: 'array' })).rows).toEqual([[5]]);
    expect(await prepared()).toBe(1);
  });

  test('rejects a commit that Postgres answers with a rollback', async () => {
    await sendBatch(client, [{ text: 'BEGIN' }, insert(1)]);
    await expect(sendBatch(client, [insert(1)])).rejects.toThrow(/duplicate key/);
    const commit = sendBatch(client, [{ text: 'COMMIT', tag: 'COMMIT' }]);
    await expect(commit).rejects.toThrow('Postgres answered ROLLBACK to COMMIT.');
    await sendBatch(client, [{ text: 'BEGIN' }, insert(2), { text: 'COMMIT', tag: 'COMMIT' }]);
    expect(await stored()).toEqual([2]);
  });

  test('leaves the connection able to write if it cannot be written', async () => {
    const { connection } = client as unknown as { connection: { bind(values: unknown): void; stream: Writable } };
    const bind = vi.spyOn(connection, 'bind').mockImplementation(() => {
      throw new Error('no bind');
    });
    const other = { query: (batch: { submit(connection: unknown): void }) => batch.submit(connection) };
    await expect(sendBatch(other as unknown as pg.Client, [insert(1)])).rejects.toThrow('no bind');
    bind.mockRestore();
    expect(connection.stream.writableCorked).toBe(0);
  });

  test('leaves no listener on the connection', async () => {
    const { connection } = client as unknown as { connection: EventEmitter };
    const before = connection.listenerCount('parseComplete');
    await sendBatch(client, [read('SELECT 1')]);
    await expect(sendBatch(client, [read('SELECT wrong')])).rejects.toThrow();
    expect(connection.listenerCount('parseComplete')).toBe(before);
  });

  test('knows after a failure which of its statements Postgres has prepared', async () => {
    const batch = (...more: Statement[]) => [
      read('SELECT 6', { name: 'before' }),
      ...more,
      read('SELECT 7', { name: 'behind' }),
    ];
    const failing = read('SELECT 1 / $1::int', { name: 'failing', values: [0] });
    await expect(sendBatch(client, batch(failing))).rejects.toThrow('division by zero');
    await expect(sendBatch(client, batch(read('SELECT nothing', { name: 'wrong' })))).rejects.toThrow(/does not exist/);
    const whole = batch({ ...failing, values: [1] });
    await sendBatch(client, whole);
    expect(whole.map(({ result }) => result?.rows)).toEqual([[[6]], [[1]], [[7]]]);
  });

  test('rejects if the connection ends before the answer', async () => {
    const other = new pg.Client(url);
    other.on('error', () => undefined);
    await other.connect();
    const pid = read('SELECT pg_backend_pid()');
    await sendBatch(other, [pid]);
    const sleeping = sendBatch(other, [read('SELECT pg_sleep(30)')]);
    const refused = expect(sleeping).rejects.toThrow(/terminat/);
    await client.query('SELECT pg_terminate_backend($1)', pid.result.rows[0] as unknown as number[]);
    await refused;
    await expect(sendBatch(other, [read('SELECT 1')])).rejects.toThrow();
    await other.end().catch(() => undefined);
  });
});
