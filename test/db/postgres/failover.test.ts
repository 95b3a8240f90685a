import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { startTestPostgres, type TestPostgres, whyNoPostgres } from '../../postgres.ts';
import { startSwitchingProxy } from '../../switching-proxy.ts';
import { buy } from '../conformance/fixture.ts';

const reason = whyNoPostgres();
if (reason) test.skip(`Postgres's failovers are NOT TESTED: ${reason}`);

describe.skipIf(reason !== null)('a Postgres that fails over behind one name', () => {
  let old: TestPostgres;
  let next: TestPostgres;
  beforeAll(async () => {
    [old, next] = await Promise.all([startTestPostgres(), startTestPostgres()]);
  });
  afterAll(() => Promise.all([old.stop(), next.stop()]));

  async function open() {
    const [oldUrl, nextUrl] = [await old.createDatabase(), await next.createDatabase()];
    // The next server has the same tables, as a replica would.
    await (await openDatabase(nextUrl)).close();
    const proxy = await startSwitchingProxy(Number(new URL(oldUrl).port));
    const url = Object.assign(new URL(oldUrl), { port: String(proxy.port) }).href;
    const store = createStore(await openDatabase(url));
    // All connections of the pool are open before the failover.
    await Promise.all(Array.from({ length: 10 }, () => buy(store)));
    return {
      store,
      proxy,
      setOld: (setting: string) => query(oldUrl, setting),
      failOver: () => proxy.leadTo(Number(new URL(nextUrl).port)),
      soldAtNext: async () => Number((await query(nextUrl, 'SELECT count(*) FROM purchases')).rows[0]?.count),
      close: async () => {
        await store.close();
        proxy.close();
      },
    };
  }

  test('takes purchases again if the old server stays as a read-only one', async () => {
    const { store, setOld, failOver, soldAtNext, close } = await open();
    await setOld('ALTER SYSTEM SET default_transaction_read_only = on');
    await setOld('SELECT pg_reload_conf()');
    failOver();
    await Promise.all(Array.from({ length: 10 }, () => buy(store)));
    expect(await soldAtNext()).toBe(10);
    await setOld('ALTER SYSTEM RESET default_transaction_read_only');
    await setOld('SELECT pg_reload_conf()');
    await close();
  });

  test('takes purchases again if the old server has disappeared without a word', { timeout: 60_000 }, async () => {
    const { store, proxy, failOver, soldAtNext, close } = await open();
    failOver();
    proxy.silence();
    const silentAt = performance.now();
    await Promise.allSettled(Array.from({ length: 10 }, () => buy(store)));
    await buy(store);
    expect(performance.now() - silentAt).toBeLessThan(20_000);
    expect(await soldAtNext()).toBeGreaterThan(0);
    await close();
  });
});

async function query(url: string, sql: string) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
