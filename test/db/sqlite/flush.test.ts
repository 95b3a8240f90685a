import { fstatSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import SqliteConnection from 'better-sqlite3';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { DatabaseBusyError, FlushFailedError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import type { Steps } from '#db/steps.ts';
import { createStore } from '#db/store.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, missing, noon, order } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

/** A disk whose flushes end when the test says so, once it is slow. */
function createDisk() {
  const waiting: PromiseWithResolvers<void>[] = [];
  const disk = {
    isSlow: false,
    begun: 0,
    failed: [] as FlushFailedError[],
    sync: async () => {
      disk.begun++;
      if (!disk.isSlow) return;
      const flush = Promise.withResolvers<void>();
      waiting.push(flush);
      await flush.promise;
    },
    /** Ends the flush that is under way. */
    end: () => waiting.shift()?.resolve(),
    fail: (code: string) => waiting.shift()?.reject(Object.assign(new Error(`${code}: fdatasync`), { code })),
    fast: () => {
      disk.isSlow = false;
      for (const flush of waiting.splice(0)) flush.resolve();
    },
  };
  return disk;
}

const ignored = { flushed: () => undefined, walGrew: () => undefined, checkpointFailed: () => undefined };

/** Opens the database with that disk. */
const openWith = (url: string, disk: ReturnType<typeof createDisk>) =>
  openDatabase(url, { sync: disk.sync, disk: { ...ignored, flushFailed: (error) => disk.failed.push(error) } });

function* nothing(): Steps<void> {
  yield* [];
}

/** Whether the promise is still pending after everything else has gone on. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const soon = new Promise((resolve) => setTimeout(() => resolve(pending), 50));
  return (await Promise.race([promise.catch(() => undefined), soon])) === pending;
}

describe('on a disk whose flush takes long', () => {
  let url = '';
  let disk = createDisk();
  let database: Database | null = null;
  beforeEach(async () => {
    url = await dialect.emptyDatabase();
    disk = createDisk();
    database = await openWith(url, disk);
    disk.isSlow = true;
  });
  afterEach(async () => {
    disk.fast();
    await database?.close().catch(() => undefined);
  });
  const opened = () => database ?? missing('database');
  const write = (name: string, then: () => void = () => undefined) =>
    opened().transact(
      'write',
      function* (context) {
        yield* putSetting(context, anything(name), { value: 1, now: noon });
        then();
      },
      { busyTimeoutMs: 0 },
    );
  const readValue = async (name: string) => (await createStore(opened()).readSetting(anything(name)))?.value ?? null;

  test('a transaction waits for a flush that began after its commit', async () => {
    const first = write('a');
    expect(await isPending(first)).toBe(true);
    const second = write('b');
    expect(await isPending(second)).toBe(true);
    const begunBefore = disk.begun;
    disk.end();
    await first;
    expect(await isPending(second)).toBe(true);
    expect(disk.begun).toBe(begunBefore + 1);
    disk.end();
    await second;
  });

  test('a read sees the commit and does not wait, and `flush` waits until it is durable', async () => {
    const writing = write('a');
    expect(await isPending(writing)).toBe(true);
    expect(await readValue('a')).toBe(1);
    const durable = opened().flush();
    disk.end();
    await writing;
    expect(await isPending(durable)).toBe(true);
    disk.end();
    await durable;
  });

  test('a transaction that wrote nothing, or that threw, waits for a flush', async () => {
    const reading = opened().transact('nothing', nothing, { busyTimeoutMs: 0 });
    expect(await isPending(reading)).toBe(true);
    disk.end();
    await reading;
    const throwing = write('a', () => {
      throw new Error('no');
    });
    expect(await isPending(throwing)).toBe(true);
    disk.end();
    await expect(throwing).rejects.toThrow('no');
  });

  test('a transaction that finds the database busy says so without a flush', async () => {
    const other = new SqliteConnection(url.slice('file:'.length));
    other.exec('BEGIN IMMEDIATE');
    await expect(write('a')).rejects.toThrow(DatabaseBusyError);
    other.close();
  });

  test('the answer of a repeated purchase waits, also in another process that has the row from the first', async () => {
    const command = { idempotency: { token: 't', key: 'k', bodyHash: 'h' }, answer: () => 'accepted' };
    const first = createStore(opened()).recordPurchase(order(), command);
    expect(await isPending(first)).toBe(true);
    const own = createStore(opened()).recordPurchase(order(), command);
    const otherDisk = createDisk();
    const other = await openWith(url, otherDisk);
    otherDisk.isSlow = true;
    const elsewhere = createStore(other).recordPurchase(order(), command);
    expect(await Promise.all([own, elsewhere].map(isPending))).toEqual([true, true]);
    otherDisk.end();
    expect(await elsewhere).toEqual({ body: 'accepted', recorded: null });
    expect(await isPending(own)).toBe(true);
    disk.end();
    disk.end();
    disk.fast();
    expect(await own).toEqual({ body: 'accepted', recorded: null });
    await first;
    otherDisk.fast();
    await other.close();
  });

  test.each(['EIO', 'ENOSPC'])('a flush that fails with %s confirms nothing, and nothing after it', async (code) => {
    const [first, second] = [write('a'), write('b')];
    expect(await isPending(first)).toBe(true);
    disk.fail(code);
    await expect(first).rejects.toThrow(FlushFailedError);
    await expect(second).rejects.toThrow(FlushFailedError);
    disk.fast();
    await expect(write('c')).rejects.toThrow(`did not write the last commits (${code}: fdatasync)`);
    await expect(opened().flush()).rejects.toThrow(FlushFailedError);
    expect(disk.failed).toHaveLength(1);
    await expect(opened().close()).rejects.toThrow(FlushFailedError);
  });
});

test('a database whose first flush fails is not opened, and the message says what to do', async () => {
  const opening = openDatabase(await dialect.emptyDatabase(), { sync: () => Promise.reject(new Error('EIO')) });
  await expect(opening).rejects.toThrow(/did not write the last commits \(EIO\)\. .* Check the disk/);
});

test('after the close a transaction is refused, and nothing is flushed into a closed file', async () => {
  const disk = createDisk();
  const database = await openWith(await dialect.emptyDatabase(), disk);
  await database.close();
  const { begun } = disk;
  await expect(database.flush()).rejects.toThrow('The database is closed.');
  await expect(createStore(database).checkWritable(noon)).rejects.toThrow('The database is closed.');
  expect(disk).toMatchObject({ begun, failed: [] });
});

test('a database behind a symbolic link is flushed beside the real file', async () => {
  const real = (await dialect.emptyDatabase()).slice('file:'.length);
  const folder = join(dirname(real), 'linked');
  mkdirSync(folder);
  await (await openDatabase(`file:${real}`)).close();
  symlinkSync(real, join(folder, 'link.db'));
  const flushed = new Set<number>();
  const database = await openDatabase(`file:${join(folder, 'link.db')}`, {
    sync: async (descriptor) => void flushed.add(fstatSync(descriptor).ino),
  });
  await createStore(database).checkWritable(noon);
  expect([...flushed]).toEqual([statSync(`${real}-wal`).ino]);
  await database.close();
});
