import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '#db/database.ts';
import { DatabaseFullError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import { stateOfRoom } from '#db/room.ts';
import type { Context, Steps } from '#db/steps.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, missing, noon } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

const dialect = sqliteDialect();
let database: Database | null = null;
beforeEach(async () => {
  database = await openDatabase(await dialect.emptyDatabase());
});
afterEach(() => database?.close());
afterAll(() => dialect.stop());

const opened = () => database ?? missing('database');
const large = 'x'.repeat(1_000_000);
const write = (pages: number) =>
  opened().transact('write', (context) => withRoom(context, pages, large), { busyTimeoutMs: 10_000 });

test('a transaction that fails on a full disk says so at once, and succeeds when repeated once there is room', async () => {
  const askedAt = performance.now();
  const refused = write(1);
  await expect(refused).rejects.toThrow(DatabaseFullError);
  await expect(refused).rejects.toThrow('The disk of the database is full: the transaction write was not recorded.');
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  await write(1_000_000);
});

test('the database tells that it has no room after a refused write, until one succeeds', async () => {
  expect(await opened().readRoom()).toEqual({ freeBytes: expect.any(Number), wasRefused: false });
  await write(1).catch(() => undefined);
  const room = await opened().readRoom();
  expect([room.wasRefused, stateOfRoom(room)]).toEqual([true, 'full']);
  await write(1_000_000);
  expect((await opened().readRoom()).wasRefused).toBe(false);
});

/** SQLite's own size limit, which has the same effect as a full disk. */
function* withRoom(context: Context, pages: number, value: string): Steps<void> {
  context.db.run(sql.raw(`PRAGMA max_page_count = ${pages}`));
  yield* putSetting(context, anything('large'), { value, now: noon });
}
