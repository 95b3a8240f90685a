import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import SqliteConnection from 'better-sqlite3';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { passiveFrames, restartFrames } from '#db/sqlite/checkpointer.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { whyNoStrace } from '../../chaos/tracer.ts';
import { failSyncs } from '../../failing-syncs.ts';
import { anything, noon } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';
import { start } from '../process.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

const pageBytes = 4_096;
const restartBytes = restartFrames * pageBytes;

async function opened() {
  const url = await dialect.emptyDatabase();
  const seen = { walBytes: 0, failures: [] as Error[] };
  const database = await openDatabase(url, {
    disk: {
      flushed: () => undefined,
      flushFailed: () => undefined,
      walGrew: (bytes) => {
        seen.walBytes = bytes;
      },
      checkpointFailed: (error) => seen.failures.push(error),
    },
  });
  return { file: url.slice('file:'.length), database, seen };
}

let made = 0;
/** Commits about this many pages in transactions of 25 pages. */
async function grow(database: Database, pages: number): Promise<void> {
  for (let left = pages; left > 0; left -= 25) {
    // SQLite writes no page that keeps its content.
    const value = String.fromCharCode(97 + (made++ % 26)).repeat(25 * pageBytes);
    await database.transact('grow', (context) => putSetting(context, anything(`s${left % 4}`), { value, now: noon }), {
      busyTimeoutMs: 10_000,
    });
  }
}

const checkpointed = (file: string) => {
  const connection = new SqliteConnection(file, { readonly: true });
  const [frames] = connection.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
  connection.close();
  return frames;
};

test('a WAL that stays small is not checkpointed before the close, which removes it', async () => {
  const { file, database } = await opened();
  await grow(database, 500);
  expect(checkpointed(file)?.checkpointed).toBeLessThan(500);
  await database.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('a WAL that has grown is copied into the database beside the writers, and stays bounded', async () => {
  const { file, database, seen } = await opened();
  await grow(database, 3 * restartFrames);
  expect(statSync(`${file}-wal`).size).toBeLessThan(2 * restartBytes);
  expect(seen).toMatchObject({ failures: [], walBytes: expect.any(Number) });
  expect(seen.walBytes).toBeGreaterThan(0);
  await database.close();
  expect(existsSync(`${file}-wal`)).toBe(false);
});

test('two processes that checkpoint one file do not harm each other', async () => {
  const { file, database, seen } = await opened();
  const other = await openDatabase(`file:${file}`);
  await Promise.all([grow(database, 2 * restartFrames), grow(other, 2 * restartFrames)]);
  expect(statSync(`${file}-wal`).size).toBeLessThan(3 * restartBytes);
  expect(seen.failures).toEqual([]);
  await Promise.all([database.close(), other.close()]);
  const left = new SqliteConnection(file);
  expect(left.pragma('integrity_check', { simple: true })).toBe('ok');
  left.close();
});

test('a reader of an old page holds up the restart of the WAL, but no commit, and only until it ends', async () => {
  const { file, database } = await opened();
  const reader = new SqliteConnection(file, { readonly: true });
  reader.exec('BEGIN; SELECT * FROM settings');
  await grow(database, 1.2 * restartFrames);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(restartBytes);
  reader.close();
  await vi.waitFor(
    async () => {
      await grow(database, 25);
      expect(checkpointed(file)?.log).toBeLessThan(1_000);
    },
    { timeout: 20_000, interval: 100 },
  );
  await database.close();
});

test('a checkpoint that cannot be asked for is reported, fails no commit, and is made later', async () => {
  const { file, database, seen } = await opened();
  vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(() => {
    throw new Error('no port');
  });
  await grow(database, 1.2 * passiveFrames);
  expect(seen.failures).toEqual([new Error('Error: no port')]);
  await vi.waitFor(
    async () => {
      await grow(database, 25);
      // All of it was copied, so that a commit has begun it again.
      expect(checkpointed(file)?.log).toBeLessThan(passiveFrames);
    },
    { timeout: 20_000, interval: 100 },
  );
  await database.close();
});

test('where no thread can start, every commit succeeds, and the failed checkpoints are reported', async () => {
  // Node refuses threads to a process whose permissions do not include them.
  const NODE_OPTIONS = '--permission --allow-fs-read=* --allow-fs-write=* --allow-addons';
  const databaseUrl = await dialect.emptyDatabase();
  const growing = start('test/db/growing-opener.ts', { args: ['0'], databaseUrl, env: { NODE_OPTIONS } });
  growing.stdin.end('go\n');
  const [ready, ...lines] = (await text(growing.stdout)).trim().split('\n');
  expect(ready).toBe('ready');
  expect(new Set(lines)).toEqual(new Set([expect.stringMatching(/^checkpoint failed: .*Access to this API/)]));
});

test('a process that ends without a close is not kept alive by its checkpoints', async () => {
  const growing = start('test/db/growing-opener.ts', { args: ['1'], databaseUrl: await dialect.emptyDatabase() });
  growing.stdin.end('go\n');
  expect(await once(growing, 'exit')).toEqual([0, null]);
});

const noStrace = whyNoStrace() !== null;

test.skipIf(noStrace).each([
  ['checkpoint', '1'],
  ['commit that begins the WAL', '0'],
])('a %s whose fsync fails counts as a failed flush', async (_, before) => {
  const url = await dialect.emptyDatabase();
  const growing = start('test/db/growing-opener.ts', { args: [before], databaseUrl: url });
  await once(growing.stdout, 'data');
  onTestFinished(await failSyncs(growing.pid ?? 0, 'fsync'));
  growing.stdin.end('go\n');
  const [failure, ...refused] = (await text(growing.stdout)).trim().split('\n');
  expect(failure).toMatch(
    /^The disk of the database did not write the last commits \((SQLITE_IOERR_FSYNC: )?disk I\/O error\)/,
  );
  expect(new Set(refused)).toEqual(new Set(['refused: FlushFailedError']));
});
