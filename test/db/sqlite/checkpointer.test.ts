import { existsSync, statSync } from 'node:fs';
import SqliteConnection from 'better-sqlite3';
import { afterAll, expect, test, vi } from 'vitest';
import type { Database } from '#db/database.ts';
import { openDatabase } from '#db/open.ts';
import { restartFrames } from '#db/sqlite/checkpointer.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, noon } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

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
  expect(statSync(`${file}-wal`).size).toBeLessThan(2 * restartBytes);
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
