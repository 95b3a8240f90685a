import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import SqliteConnection from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { DatabaseBusyError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { countTurns } from '../../event-loop-turns.ts';
import { anything, buy, missing, noon, order, plain } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

describe('a SQLite database that another connection is writing to', () => {
  const dialect = sqliteDialect();
  let url = '';
  let database: Database | null = null;
  let other: SqliteConnection.Database | null = null;
  beforeEach(async () => {
    url = await dialect.emptyDatabase();
    database = await openDatabase(url);
    other = new SqliteConnection(url.slice('file:'.length));
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(async () => {
    other?.close();
    await database?.close();
  });
  afterAll(() => dialect.stop());
  const opened = () => database ?? missing('database');
  const write = (busyTimeoutMs: number) =>
    opened().transact('write', (context) => putSetting(context, anything('any'), { value: 1, now: noon }), {
      busyTimeoutMs,
    });

  test('is busy after busyTimeoutMs, and the event loop keeps running meanwhile', async () => {
    const loop = monitorEventLoopDelay({ resolution: 5 });
    loop.enable();
    const startedAt = performance.now();
    await expect(write(600)).rejects.toThrow(DatabaseBusyError);
    loop.disable();
    expect(performance.now() - startedAt).toBeGreaterThan(600);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    // A busy machine also causes one long delay. A wait inside SQLite makes every delay long.
    expect(loop.percentile(90) / 1e6).toBeLessThan(100);
  });

  test('takes the transaction as soon as it is free, within busyTimeoutMs', async () => {
    const writing = write(10_000);
    other?.exec('COMMIT');
    await writing;
    expect(await createStore(opened()).readSetting(anything('any'))).toMatchObject({ value: 1 });
  });

  test('runs the waiting transactions in slices of 5 ms, so that a burst blocks the event loop little', async () => {
    const turn = countTurns();
    const turns: number[] = [];
    const writing = Array.from({ length: 50 }, () =>
      opened().transact(
        'write',
        function* (context) {
          yield* putSetting(context, anything('any'), { value: 1, now: noon });
          turns.push(turn.now);
          spin(2);
        },
        { busyTimeoutMs: 10_000 },
      ),
    );
    await delay(300);
    other?.exec('COMMIT');
    await Promise.all(writing);
    turn.stop();
    const perTurn = [...Map.groupBy(turns, (number) => number).values()];
    expect(turns).toHaveLength(50);
    expect(Math.max(...perTurn.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  test('is locked before a transaction reads, so that its reads cannot be out of date', async () => {
    let started = 0;
    const reading = opened().transact(
      'read, then write',
      function* (context) {
        started++;
        yield* putSetting(context, anything('any'), { value: 1, now: noon });
      },
      { busyTimeoutMs: 20 },
    );
    await expect(reading).rejects.toThrow(DatabaseBusyError);
    expect(started).toBe(0);
  });

  test('is opened as soon as it is free', async () => {
    const opening = openDatabase(url);
    other?.exec('COMMIT');
    const second = await opening;
    expect((await createStore(second).readFigures()).servers).toEqual([]);
    await second.close();
  });

  test('can still be read', async () => {
    expect((await createStore(opened()).readFigures()).servers).toEqual([]);
  });

  test('refuses a purchase with a message for the customer, and records nothing', async () => {
    const store = createStore(opened());
    const refused = store.recordPurchase(order(), plain);
    await expect(refused).rejects.toThrow(/did not take the transaction record purchase in time; nothing was recorded/);
    other?.exec('COMMIT');
    expect((await store.readFigures()).servers).toEqual([]);
    await buy(store);
  });
});

function spin(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
