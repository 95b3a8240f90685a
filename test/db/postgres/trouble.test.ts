import { inspect } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { eq, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hotInsert, type Steps } from '#db/steps.ts';
import { createStore } from '#db/store.ts';
import { settle } from '#db/transactions/settle.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { actor, buy, destroy, made, missing, noon, rebuild } from '../conformance/fixture.ts';

const reason = whyNoPostgres();
if (reason) test.skip(`Postgres in trouble is NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('Postgres', () => {
  let server: TestPostgres | null = null;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server?.stop());

  test('may restart in the middle of many transactions, and all of them succeed afterwards', async () => {
    const { store, url } = await open();
    const jobs = await Promise.all(Array.from({ length: 10 }, () => buy(store)));
    const client = new pg.Client(url);
    client.on('error', () => undefined);
    await client.connect();
    // This lock stops some of them in the middle of their transaction.
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM servers FOR UPDATE');
    const settled = jobs.map(({ job }) =>
      store.settle({ jobId: job.id, outcome: { end: 'removed' }, attempts: 1, graceSeconds: 0, now: noon }),
    );
    await vi.waitFor(async () => expect(await lockWaits(client)).toBeGreaterThan(5), patiently);
    await server?.restart();
    expect((await Promise.all(settled)).map(({ end }) => end)).toEqual(Array(10).fill('settled'));
    await client.end().catch(() => undefined);
    await store.close();
  });

  test('may end connections that are idle, which ends no process', async () => {
    const { store, url } = await open();
    await buy(store);
    const client = new pg.Client(url);
    await client.connect();
    const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
    const { rows } = await client.query(`SELECT pg_terminate_backend(pid) ${others}`);
    expect(rows.length).toBeGreaterThan(0);
    const left = async () => (await client.query(`SELECT 1 ${others}`)).rows;
    await vi.waitFor(async () => expect(await left()).toEqual([]), { timeout: 10_000 });
    await buy(store);
    await client.end();
    await store.close();
  });

  test('lets the name of a device wait for a destroy that is being settled, and leaves no name behind', async () => {
    const { store, url } = await open();
    const { server: sold } = await buy(store);
    const client = new pg.Client(url);
    await client.connect();
    await client.query('BEGIN');
    await client.query("UPDATE servers SET status = 'destroyed' WHERE id = $1", [sold.id]);
    const labelled = store.labelDevice({ serverId: sold.id, device: 2, label: 'Phone' }, actor());
    await vi.waitFor(async () => expect(await lockWaits(client)).toBe(1), patiently);
    await client.query('COMMIT');
    expect(await labelled).toBe(false);
    expect(await store.readDeviceLabels(sold.id)).toEqual([]);
    await client.end();
    await store.close();
  });

  test('knows a settle for its own whose first try commits while the second one waits for it', async () => {
    const { database, store, url } = await open();
    const { server: sold, job } = await buy(store);
    const client = new pg.Client(url);
    await client.connect();
    // The first try, whose answer was lost before it had committed.
    await client.query('BEGIN');
    await client.query('UPDATE servers SET last_position = last_position + 1 WHERE id = $1', [sold.id]);
    const close = "UPDATE jobs SET state = 'succeeded', attempts = 1, finished_at = $2 WHERE id = $1";
    await client.query(close, [job.id, noon]);
    const settlement = { jobId: job.id, outcome: made, attempts: 1, graceSeconds: 0, now: noon };
    const second = database.transact('settle', (context) => settle(context, settlement, true), {
      busyTimeoutMs: 5_000,
    });
    await vi.waitFor(async () => expect(await lockWaits(client)).toBe(1), { ...patiently, interval: 5 });
    await client.query('COMMIT');
    expect(await second).toMatchObject({ end: 'settled', state: 'succeeded', released: [] });
    await client.end();
    await store.close();
  });

  test('commits nothing if a write has an error that never reached the server', async () => {
    const { database, store } = await open();
    const insert = hotInsert('insert_setting', ({ settings }) => settings);
    const half = database.transact(
      'half',
      function* (): Steps<void> {
        yield* askHot(insert, { name: 'one', value: {}, updatedAt: noon });
        // Without a value for each column, the driver sends nothing.
        yield* askHot(insert, { name: 'two' });
      },
      { busyTimeoutMs: 100 },
    );
    await expect(half).rejects.toThrow('No value for placeholder');
    const names = function* ({ db, t }: Context): Steps<unknown> {
      return yield* ask(db.select({ name: t.settings.name }).from(t.settings));
    };
    expect(await database.read('settings', names)).toEqual([]);
    await store.close();
  });

  test('reports an error without the values of the query, because errors get into logs', async () => {
    const { database, store } = await open();
    const double = database.transact(
      'double',
      function* ({ db, t }) {
        const row = { name: 'one', value: 'a value', updatedAt: noon };
        yield* ask(db.insert(t.settings).values([row, row]));
      },
      { busyTimeoutMs: 100 },
    );
    const error = await double.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ message: expect.stringContaining('duplicate key') });
    expect(inspect(error)).not.toContain('a value');
    await store.close();
  });

  test('reports busy after busyTimeoutMs for a row that another transaction locks, not for other rows', async () => {
    const { store, database, url } = await open();
    const held = await buy(store);
    const free = await buy(store);
    const client = new pg.Client(url);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM servers WHERE id = $1 FOR UPDATE', [held.server.id]);
    const busy = expect(
      database.transact(
        'touch',
        function* ({ db, t }) {
          yield* ask(db.update(t.servers).set({ customer: 'bob' }));
        },
        { busyTimeoutMs: 100 },
      ),
    ).rejects.toThrow(DatabaseBusyError);
    await rebuild(store, free.server.id);
    const waits = destroy(store, held.server.id);
    await busy;
    await client.query('COMMIT');
    expect((await waits).job.state).toBe('waiting');
    await client.end();
    await store.close();
  });

  test('answers a read while a burst of transactions waits for the connections', async () => {
    const { database, store } = await open();
    let done = 0;
    const burst = Array.from({ length: 40 }, async (_, number) => {
      await database.transact('sleep', (context) => sleep(context, `${number}`), { busyTimeoutMs: 30_000 });
      done += 1;
    });
    // All connections that the burst may have are taken now.
    await Promise.race(burst);
    await store.readFigures();
    expect(done).toBeLessThan(40);
    await Promise.all(burst);
    expect(done).toBe(40);
    await store.close();
  });

  test('reports busy after busyTimeoutMs while others run with which it may not share', async () => {
    const { database, store } = await open();
    const run = (name: string, seconds?: number) =>
      database.transact('sleep', (context) => sleep(context, name, seconds), {
        busyTimeoutMs: 200,
        interleaveApart: 'eve',
      });
    let done = 0;
    // So many groups run at a time.
    const others = ['first', 'second'].map((name) => run(name, 2).then(() => done++));
    await expect(run('third')).rejects.toThrow(DatabaseBusyError);
    expect(done).toBe(0);
    await Promise.all(others);
    await store.close();
  });

  test('tries a transaction alone whose time was used up by a group that failed', async () => {
    const { database, store, url } = await open();
    const held = await buy(store);
    const client = new pg.Client(url);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM servers WHERE id = $1 FOR UPDATE', [held.server.id]);
    const rest = (name: string) =>
      database.transact('sleep', (context) => sleep(context, name, 2.5), { busyTimeoutMs: 30_000 });
    // All places but that of the group.
    const burst = Array.from({ length: 7 }, (_, number) => rest(`${number}`));
    const touch = (customer: string) =>
      database.transact(
        'touch',
        function* ({ db, t }) {
          yield* ask(db.update(t.servers).set({ customer }));
        },
        { busyTimeoutMs: 500, interleaveApart: customer },
      );
    const touched = Promise.allSettled([touch('ann'), touch('bob')]);
    await vi.waitFor(async () => expect(await lockWaits(client)).toBe(1), patiently);
    burst.push(rest('takes the place of the group'));
    await vi.waitFor(async () => expect(await lockWaits(client)).toBe(0), patiently);
    await client.query('COMMIT');
    expect((await touched).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    await Promise.all(burst);
    await client.end();
    await store.close();
  });

  async function open() {
    const url = (await server?.createDatabase()) ?? missing('server');
    const database = await openDatabase(url);
    return { url, database, store: createStore(database) };
  }
});

function* sleep({ db, t: { leases } }: Context, name: string, seconds = 0.5): Steps<void> {
  yield* ask(db.insert(leases).values({ name, holder: 'me', expiresAt: noon }));
  yield* ask(
    db
      .select({ slept: sql`pg_sleep(${seconds})` })
      .from(leases)
      .where(eq(leases.name, name)),
  );
}

/** For a machine that is busy with other tests. */
const patiently = { timeout: 20_000 };

/** How many connections of this database wait for a lock. */
async function lockWaits(client: pg.Client): Promise<number> {
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query(
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows.length;
}
