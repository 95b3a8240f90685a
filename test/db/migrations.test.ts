import { once } from 'node:events';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { DatabaseUnusableError } from '#db/errors.ts';
import { migrationsOf } from '#db/migrations.ts';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { startSwitchingProxy } from '../switching-proxy.ts';
import { bulkSql } from './bulk.ts';
import { dumpOf, noon } from './conformance/fixture.ts';
import { type Dialect, postgresDialect, sqliteDialect } from './dialects.ts';
import { upTo } from './older.ts';
import { run, start } from './process.ts';

const processes = 4;
const rounds = 5;

for (const dialect of [sqliteDialect(), postgresDialect()]) {
  if (dialect.missing) test.skip(`migrations on ${dialect.name} are NOT TESTED: ${dialect.missing}`);
  else describe(`migrations on ${dialect.name}`, () => migrations(dialect));
}

function migrations(dialect: Dialect): void {
  const names = migrationsOf(dialect.name).map(({ name }) => name);

  beforeAll(() => dialect.start());
  afterAll(() => dialect.stop());

  test('are applied once when a database is opened, and not again', async () => {
    const url = await dialect.emptyDatabase();
    for (const migrated of [names, []]) {
      const database = await openDatabase(url);
      expect(database.migrated).toEqual(migrated);
      await database.close();
    }
  });

  test(`are applied once when ${processes} processes start together`, async () => {
    const openers = await Promise.all(Array.from({ length: processes }, startOpener));
    for (let round = 0; round < rounds; round++) {
      const url = await dialect.emptyDatabase();
      const answers = await Promise.all(openers.map((opener) => opener.open(url)));
      expect(answers.sort()).toEqual([...Array(processes - 1).fill('applied 0'), `applied ${names.length}`].sort());
    }
    for (const opener of openers) opener.end();
  });

  test('that this program lacks are refused, and the message says what to do', async () => {
    const url = await dialect.emptyDatabase();
    await (await openDatabase(url)).close();
    await dialect.execute(url, "INSERT INTO migrations VALUES ('9999-later', '2099-01-01')");
    const refused = openDatabase(url);
    await expect(refused).rejects.toThrow(DatabaseUnusableError);
    await expect(refused).rejects.toThrow(/newer than this program \(it has 9999-later\)\. Start the newer version/);
    const ended = await run('src/migrate.ts', { databaseUrl: url });
    expect(ended).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^The database is newer .*\n$/) });
  });

  test('are reported in one line by npm run migrate, without a password', async () => {
    const databaseUrl = (await dialect.emptyDatabase()).replace('postgres@', 'postgres:hunter2@');
    const first = await run('src/migrate.ts', { databaseUrl });
    expect(first).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(new RegExp(`^Applied ${names.length} migrations to .*: ${names.join(', ')}\\.\\n$`)),
    });
    const second = await run('src/migrate.ts', { databaseUrl });
    expect(second).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/^Nothing to do: .* is up to date\.\n$/),
    });
    expect(first.out + second.out).not.toContain('hunter2');
  });

  test('of ordered removals and held alerts keep the values that settings and leases had', async () => {
    const url = await dialect.emptyDatabase();
    await dialect.execute(url, upTo('0005', dialect));
    const time = dialect.name === 'sqlite' ? noon.getTime() : `'${noon.toISOString()}'`;
    await dialect.execute(
      url,
      `INSERT INTO settings VALUES ('removal:vps-1', '{"name":"gf-lost-1","by":"ada"}', ${time}),
         ('removal:vps-2', '"odd"', ${time}), ('sale', '{"open":false}', ${time});
       INSERT INTO alerts (id, kind, subject, message, raised_at) VALUES ('a', 'k', 's', 'm', ${time}), ('b', 'k', 's', 'm', ${time});
       INSERT INTO leases VALUES ('a', 'refused', ${time}), ('inventory', 'one', ${time});`,
    );
    const database = await openDatabase(url);
    const dump = await dumpOf(database);
    await database.close();
    expect(database.migrated).toContain('0005-ordered-removals');
    expect(dump.orderedRemovals).toEqual([
      { providerId: 'vps-1', name: 'gf-lost-1', orderedBy: 'ada', orderedAt: noon },
    ]);
    expect(dump.settings.map(({ name }) => name)).toEqual(['sale']);
    expect(dump.alerts.map(({ id, heldUntil }) => [id, heldUntil])).toEqual([
      ['a', noon],
      ['b', null],
    ]);
    expect(dump.leases.map(({ name }) => name)).toEqual(['inventory']);
  });

  test('of customers let those of an older version be found in every spelling', async () => {
    const url = await dialect.emptyDatabase();
    await dialect.execute(url, upTo('0007', dialect));
    const time = dialect.name === 'sqlite' ? noon.getTime() : `'${noon.toISOString()}'`;
    for (const [at, customer] of ['JOSÉ', 'Jose\u0301', 'ada'].entries())
      await dialect.execute(
        url,
        `INSERT INTO purchases (id, customer, location, plan, requested_by, created_at)
           VALUES ('pur-${at}', '${customer}', 'ewr', 'small', 'shop', ${time});
         INSERT INTO servers (id, purchase_id, customer, hostname, provider, location, plan, status, generation,
             last_position, created_at, updated_at)
           VALUES ('srv-${at}', 'pur-${at}', '${customer}', '${at}.vpn.test', 'simulator', 'ewr', 'small', 'installing', 1,
             1, ${time}, ${time})`,
      );
    const database = await openDatabase(url);
    expect(database.migrated).toContain('0007-folded-customers');
    const store = createStore(database);
    const found = async (customer: string) =>
      (await store.readServers({ customer, limit: 9 })).map(({ server }) => server.id);
    // Before they are folded, and after it.
    expect(await found('ADA')).toEqual(['srv-2']);
    expect(await store.foldCustomers(noon)).toBe(2);
    expect(await found('josé')).toEqual(['srv-1', 'srv-0']);
    await store.close();
  });

  test('of devices leave the machines that exist with one device', async () => {
    const url = await dialect.emptyDatabase();
    await dialect.execute(url, upTo('0015', dialect));
    await dialect.execute(url, bulkSql(dialect.name, { running: 2, at: noon }));
    const database = await openDatabase(url);
    expect(database.migrated).toContain('0015-devices');
    const { machines } = await dumpOf(database);
    await database.close();
    expect(machines.map(({ devices }) => devices)).toEqual([1, 1]);
  });

  if (dialect.name === 'sqlite') {
    // Negative numbers count from the end. The last but one is the COMMIT.
    test.each([12, -4, -3, -2])('that are killed at statement %i leave the database as it was', async (at) => {
      const databaseUrl = await dialect.emptyDatabase();
      const statement = at < 0 ? (await countStatements(await dialect.emptyDatabase())) + at : at;
      const ended = await run('test/db/dying-opener.ts', { databaseUrl, args: [String(statement)] });
      expect(ended.signal).toBe('SIGKILL');
      const database = await openDatabase(databaseUrl);
      expect(database.migrated).toEqual(names);
      expect((await dumpOf(database)).servers).toEqual([]);
      await database.close();
    });
    return;
  }

  test('that are killed in the middle leave the database as it was', async () => {
    const databaseUrl = await dialect.emptyDatabase();
    const child = start('src/migrate.ts', { databaseUrl });
    // An uncommitted table of the same name blocks the migration at its CREATE TABLE.
    await connected(databaseUrl, async (client) => {
      await client.query('BEGIN; CREATE TABLE history (id int)');
      await vi.waitFor(async () => expect(await waiting(client)).toMatch(/CREATE TABLE purchases/), patient);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await client.query('ROLLBACK');
    });
    const database = await openDatabase(databaseUrl);
    expect(database.migrated).toEqual(names);
    await database.close();
  });

  test('have no timeout, and neither has the wait for them', async () => {
    const url = await dialect.emptyDatabase();
    await connected(url, async (client) => {
      await client.query('BEGIN; CREATE TABLE history (id int)');
      // The timeouts of the Store's statements, shortened.
      const opening = openDatabase(`${url}?statement_timeout=100&lock_timeout=100`);
      await vi.waitFor(async () => expect(await waiting(client, 0.3)).toMatch(/CREATE TABLE purchases/), patient);
      await client.query('ROLLBACK');
      await (await opening).close();
    });
  });

  test('whose connection breaks fail with one message, and do not end the process', async () => {
    const url = new URL(await dialect.emptyDatabase());
    const proxy = await startSwitchingProxy(Number(url.port));
    onTestFinished(proxy.close);
    await connected(url.href, async (client) => {
      await client.query('BEGIN; CREATE TABLE history (id int)');
      const through = Object.assign(new URL(url), { port: String(proxy.port) });
      const refused = expect(openDatabase(through.href)).rejects.toThrow(/^Postgres cannot be used: /);
      await vi.waitFor(async () => expect(await waiting(client)).toMatch(/CREATE TABLE purchases/), patient);
      proxy.close();
      await refused;
      await client.query('ROLLBACK');
    });
  });
}

/** The number of statements until the end of the migrations. What follows them depends on the disk. */
async function countStatements(url: string): Promise<number> {
  const statements: string[] = [];
  const database = await openDatabase(url, { trace: (statement) => statements.push(statement) });
  await database.close();
  return statements.indexOf('PRAGMA foreign_keys = ON', statements.indexOf('COMMIT')) + 1;
}

const patient = { timeout: 10_000, interval: 20 };

async function startOpener() {
  const child = start('test/db/opener.ts');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => String((await lines.next()).value);
  expect(await next()).toBe('ready');
  return {
    open: (url: string) => {
      child.stdin.write(`${url}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}

async function connected(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The statement of another connection that has waited for a lock for at least `seconds`; empty if there is none. */
async function waiting(client: pg.Client, seconds = 0): Promise<string> {
  // Inside a transaction Postgres keeps the first snapshot of its statistics.
  await client.query('SELECT pg_stat_clear_snapshot()');
  const { rows } = await client.query<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
       AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > make_interval(secs => $1)`,
    [seconds],
  );
  return rows[0]?.query ?? '';
}
