import { once } from 'node:events';
import SqliteConnection from 'better-sqlite3';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { buy } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';
import { start } from '../process.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

test('a process killed between its commit and its flush has acknowledged nothing, and the database is whole', async () => {
  const url = await dialect.emptyDatabase();
  const buying = start('test/db/unflushed-opener.ts', { databaseUrl: url });
  let out = '';
  buying.stdout.on('data', (text) => {
    out += text;
  });
  await once(buying.stdout, 'data');
  buying.kill('SIGKILL');
  await once(buying, 'close');
  expect(new Set(out.trim().split('\n'))).toEqual(new Set(['committed']));
  const database = await openDatabase(url);
  // The commits are in the database file, so that they do not depend on what an earlier flush left of the WAL.
  expect(framesLeft(url)).toBe(0);
  const store = createStore(database);
  await buy(store);
  // Only a power cut can take the purchase: the kernel has it.
  expect((await store.readFigures()).servers).toEqual([expect.objectContaining({ status: 'installing', count: 2 })]);
  await database.close();
});

/** The frames of the WAL that are not in the database file yet. */
function framesLeft(url: string): number {
  const connection = new SqliteConnection(url.slice('file:'.length));
  const [frames] = connection.pragma('wal_checkpoint(NOOP)') as { log: number; checkpointed: number }[];
  connection.close();
  return (frames?.log ?? 0) - (frames?.checkpointed ?? 0);
}
