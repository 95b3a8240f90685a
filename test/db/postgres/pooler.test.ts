import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import { ask, type Context } from '#db/steps.ts';
import { createStore, type Store } from '#db/store.ts';
import { fixedPort } from '../../chaos/fixed-port.ts';
import { startTestPgBouncer, type TestPgBouncer, whyNoPgBouncer } from '../../pgbouncer.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { conformance } from '../conformance/all.ts';
import { buy, made, settle } from '../conformance/fixture.ts';
import { pooledDialect } from '../dialects.ts';

const reason = whyNoPostgres() ?? whyNoPgBouncer();
if (reason) test.skip(`Postgres behind a pooler is NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('Postgres', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startTestPostgres();
  });
  afterAll(() => server.stop());

  /** A database, and its address through a pooler in this mode. */
  async function behind(mode: 'transaction' | 'session' | 'statement') {
    const direct = await server.createDatabase();
    const pooler = await startTestPgBouncer(mode, Number(new URL(direct).port));
    return { pooler, url: pooler.through(direct) };
  }

  describe.each(['transaction', 'session'] as const)('behind a pooler in %s mode', (mode) => {
    let pooler: TestPgBouncer;
    let url: string;
    let database: Database;
    let store: Store;
    beforeAll(async () => {
      ({ pooler, url } = await behind(mode));
      database = await openDatabase(url);
      store = createStore(database);
    });
    afterAll(async () => {
      await store.close();
      await pooler.stop();
    });

    test('takes many transactions at once', async () => {
      const bought = await Promise.all(Array.from({ length: 60 }, () => buy(store)));
      const settled = await Promise.all(bought.map(({ job }) => settle(store, job.id, made)));
      expect(new Set(settled.map(({ end }) => end))).toEqual(new Set(['settled']));
      const statuses = await Promise.all(bought.map(({ server: { id } }) => store.readServer(id)));
      expect(new Set(statuses.map((found) => found?.server.status))).toEqual(new Set(['running']));
    });

    test('limits each transaction as without a pooler', async () => {
      expect(await limitsOf(database)).toEqual({ statement: '10s', lock: '1s', idle: '10s' });
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query("SELECT current_setting('lock_timeout') AS lock");
      expect(rows).toEqual([{ lock: '0' }]);
      await client.end();
      expect(await preparedBy(database)).toEqual([]);
    });

    test('leaves no lock on the connection with which it migrated', async () => {
      // A pooler in transaction mode gives that connection to the next client as it is.
      const client = new pg.Client(url);
      await client.connect();
      const { rows } = await client.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'");
      await client.end();
      expect(rows).toEqual([]);
    });

    test('may restart, and everything succeeds afterwards', async () => {
      const before = await buy(store);
      const restarting = server.restart();
      const during = await Promise.all(Array.from({ length: 10 }, () => buy(store)));
      await restarting;
      const settled = await settle(store, before.job.id, made);
      expect(settled.end).toBe('settled');
      expect(new Set(during.map(({ server: { id } }) => id)).size).toBe(10);
    });
  });

  test('keeps the limits and the statements of its connections if there is no pooler', async () => {
    const statements: string[] = [];
    const database = await openDatabase(await server.createDatabase(), { trace: (one) => statements.push(one) });
    const store = createStore(database);
    await buy(store);
    expect(statements.filter((statement) => statement.startsWith('begin'))).toEqual(['begin']);
    expect(await limitsOf(database)).toEqual({ statement: '10s', lock: '1s', idle: '10s' });
    expect(await preparedBy(database)).toContain('first_job_rank');
    await store.close();
  });

  test('is refused at the start behind a pooler in statement mode, with the cause and the cure', async () => {
    const { pooler, url } = await behind('statement');
    await expect(openDatabase(url)).rejects.toThrow(
      /^Postgres cannot be used: .*statement.*\. A pooler answers at DATABASE_URL: it needs pool_mode transaction or session/,
    );
    await pooler.stop();
  });

  test('is refused at the start if the server behind the pooler does not answer, without advice about pool_mode', async () => {
    const direct = await server.createDatabase();
    const pooler = await startTestPgBouncer('transaction', await fixedPort());
    onTestFinished(() => pooler.stop());
    const refused = openDatabase(pooler.through(direct));
    await expect(refused).rejects.toThrow(/^Postgres cannot be used: .+ Check .* that the server .*runs\.$/);
  });

  test('is refused at the start if the address has a parameter that the pooler does not take', async () => {
    const { pooler, url } = await behind('transaction');
    await expect(openDatabase(`${url}?statement_timeout=5000`)).rejects.toThrow(
      /^Postgres cannot be used: unsupported startup parameter: .* A pooler answers/,
    );
    await pooler.stop();
  });
});

function limitsOf(database: Database): Promise<unknown> {
  const steps = function* ({ db }: Context) {
    const limits = {
      statement: sql<string>`current_setting('statement_timeout')`,
      lock: sql<string>`current_setting('lock_timeout')`,
      idle: sql<string>`current_setting('idle_in_transaction_session_timeout')`,
    };
    const [row] = yield* ask(db.select(limits).from(sql`(select 1) as one`));
    return row;
  };
  return database.transact('limits', steps, { busyTimeoutMs: 1_000 });
}

/** The names of the statements that the connection of a transaction keeps. */
function preparedBy(database: Database): Promise<string[]> {
  const steps = function* ({ db }: Context) {
    const rows = yield* ask(db.select({ name: sql<string>`name` }).from(sql`pg_prepared_statements`));
    return rows.map(({ name }) => name);
  };
  return database.transact('prepared', steps, { busyTimeoutMs: 1_000 });
}

conformance(pooledDialect());
