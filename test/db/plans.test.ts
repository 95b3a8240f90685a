import SqliteConnection from 'better-sqlite3';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { bulkSql } from './bulk.ts';
import { noon } from './conformance/fixture.ts';
import { postgresDialect, sqliteDialect } from './dialects.ts';
import { liveThroughEverything } from './every-read.ts';
import { growingTables, isScan } from './scans.ts';
import { traced } from './traced.ts';

/** These are few, and found by the customer's servers. */
const jobsOfOneCustomer = '"jobs"."server_id" in (select "id" from "servers" where coalesce(';

describe('no statement that runs again and again scans a table that grows', () => {
  const sqlite = sqliteDialect();
  const postgres = postgresDialect();
  afterAll(async () => {
    await sqlite.stop();
    if (postgres.missing === null) await postgres.stop();
  });

  describe('on SQLite', () => {
    let file: string;
    let database: Database;
    beforeAll(async () => {
      const url = await sqlite.emptyDatabase();
      file = url.slice('file:'.length);
      database = await openDatabase(url);
    });
    afterAll(() => database.close());

    const plansOf = async (use: (store: Store) => Promise<void>): Promise<{ step: string; sql: string }[]> => {
      const statements = new Map<string, number>();
      await use(createStore(traced(database, (sql, parameters) => statements.set(sql, parameters))));
      const connection = new SqliteConnection(file, { readonly: true });
      const plans = [...statements].flatMap(([sql, parameters]) => {
        // Without the values: SQLite could use a partial index with some of them, and would prepare again for others.
        const nothing = Array.from({ length: parameters }, () => null);
        const rows = connection.prepare<null[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...nothing);
        return rows.map(({ detail }) => ({ step: detail, sql }));
      });
      connection.close();
      return plans;
    };
    const scans = (plans: Awaited<ReturnType<typeof plansOf>>) => plans.filter(({ step, sql }) => isScan(step, sql));

    test('of everything that the Store does', async () => {
      const plans = await plansOf(liveThroughEverything);
      expect(plans.length).toBeGreaterThan(50);
      expect(scans(plans)).toEqual([]);
      // A sort reads every row first, whatever the limit.
      const sorts = plans.filter(({ step, sql }) => step.includes('FOR ORDER BY') && sql.includes(' limit '));
      expect(sorts.filter(({ sql }) => !sql.includes(jobsOfOneCustomer))).toEqual([]);
    });

    // SQLite has no statistics, and prefers the index with the most equal columns.
    test('and one of a server, a customer or a time reads no others', async () => {
      const [id, owner] = ['srv-1', 'ada'];
      const filters = { state: 'succeeded', kind: 'create', limit: 50 } as const;
      const plans = await plansOf(async (store) => {
        await store.readJobs({ ...filters, serverId: id });
        await store.readJobs({ ...filters, owner });
        await store.readRetriable({ kind: 'create', serverId: id, limit: 50 });
        await store.readRetriable({ kind: 'create', owner, limit: 50 });
        await store.readServers({ customer: owner, status: 'running', limit: 50 });
        await store.readServers({ owner, status: 'running', limit: 50 });
        await store.readServers({ reference: 'order-1', status: 'running', limit: 50 });
        await store.readCheckpoint('job-1');
        await store.readEmptied(noon);
      });
      const wide = /jobs_by_(kind|state)|servers_by_status/;
      expect(plans.filter(({ step }) => wide.test(step))).toEqual([]);
      expect(plans.map(({ step }) => step)).toContainEqual(
        expect.stringMatching(/servers_emptied \(status=\? AND updated_at>\?\)/),
      );
    });

    test('and the check finds a scan', async () => {
      const scanning = await plansOf((store) => store.readSealedSamples(3).then(() => undefined));
      expect(scans(scanning)).not.toEqual([]);
    });
  });

  test.skipIf(postgres.missing !== null)(
    `on Postgres${postgres.missing === null ? '' : ` (NOT TESTED: ${postgres.missing})`}`,
    async () => {
      await postgres.start();
      const url = await postgres.emptyDatabase();
      await (await openDatabase(url)).close();
      await postgres.execute(
        url,
        bulkSql('postgres', { installing: 2_000, running: 2_000, destroyed: 2_000, at: noon }),
      );
      const statements = new Map<string, unknown[]>();
      const trace = (sql: string, values: readonly unknown[] = []) => void statements.set(sql, [...values]);
      const database = await openDatabase(url, { trace });
      await liveThroughEverything(createStore(database)).finally(() => database.close());
      // Without statistics, Postgres takes a state for rare, and reads every job of it beside a narrower index.
      const early = await plansOnPostgres(url, statements);
      expect(early.filter((plan) => plan.includes('BitmapAnd'))).toEqual([]);
      await postgres.execute(url, 'ANALYZE');
      const plans = await plansOnPostgres(url, statements);
      expect(plans.length).toBeGreaterThan(50);
      expect(plans.filter((plan) => growingTables.some((table) => plan.includes(`Seq Scan on ${table} `)))).toEqual([]);
    },
    120_000,
  );
});

async function plansOnPostgres(url: string, statements: ReadonlyMap<string, unknown[]>): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  // Postgres rightly scans a table of a few pages. Without that choice, a scan means that no index fits.
  await client.query('SET enable_seqscan = off');
  const plans: string[] = [];
  for (const [sql, values] of statements) {
    if (!/^(select|update|delete|insert|with)/i.test(sql)) continue;
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
    plans.push(`${rows.map((row) => row['QUERY PLAN']).join('\n')}\nof ${sql} ${JSON.stringify(values)}`);
  }
  await client.end();
  return plans;
}
