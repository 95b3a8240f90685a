import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { createStore, type Store } from '#db/store.ts';
import { bulkSql } from './bulk.ts';
import { actor, at, noon } from './conformance/fixture.ts';
import { sqliteDialect } from './dialects.ts';

const dialect = sqliteDialect();
let database: Database;
let store: Store;
let url: string;
beforeAll(async () => {
  url = await dialect.emptyDatabase();
  await (await openDatabase(url)).close();
  await dialect.execute(
    url,
    `BEGIN;${bulkSql('sqlite', { installing: 20_001, running: 300, destroyed: 3, at: noon })}COMMIT`,
  );
  database = await openDatabase(url);
  store = createStore(database);
}, 60_000);
afterAll(async () => {
  await database.close();
  await dialect.stop();
});

test('figures that take several slices are exact', async () => {
  expect(await store.readFigures()).toEqual({
    servers: [
      { status: 'installing', count: 20_001 },
      { status: 'running', count: 300 },
      { status: 'destroyed', count: 3 },
    ],
    jobs: [{ kind: 'create', state: 'released', count: 20_001, oldestAt: noon }],
    machines: expect.arrayContaining([
      { provider: 'simulator', plan: 'small', state: 'planned', count: 20_001 },
      { provider: 'simulator', plan: 'small', state: 'current', count: 300 },
    ]),
    paidWithoutServerSince: noon,
  });
});

test('of many troubles, 100 are read, and 10,000 are counted', async () => {
  const { installing } = await store.readTroubles({ unservedSince: at(1), slowSince: at(1) });
  expect([installing.first.length, installing.count]).toEqual([100, 10_000]);
});

test('a search without a match ends after 100,000 events, and goes on from there', async () => {
  const search = { type: 'sale.stopped', limit: 5 } as const;
  expect(await store.readEvents(search)).toEqual({ events: [], next: null });
  await store.changeSale({ open: false }, actor());
  const [stopped] = (await store.readEvents(search)).events;
  await dialect.execute(
    url,
    `INSERT INTO events (uid, type, actor, detail, at)
       SELECT 'evt-z' || n, 'board.signed_in', 'key:ada', '{}', ${noon.getTime()} FROM
       (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 100000) SELECT n FROM s)`,
  );
  const first = await store.readEvents(search);
  expect(first).toEqual({ events: [], next: (stopped?.id ?? 0) + 1 });
  expect(await store.readEvents({ ...search, before: first.next ?? 0 })).toEqual({ events: [stopped], next: null });
});

test('the machines of the inventory are read in slices, each of them once', async () => {
  const machines = await store.readMachines('simulator');
  expect(new Set(machines.map(({ machine }) => machine.id)).size).toBe(20_301);
  expect(machines).toHaveLength(20_301);
  expect(machines.every(({ machine, server }) => machine.name.startsWith(`gf-${server.id}-`))).toBe(true);
});
