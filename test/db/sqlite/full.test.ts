import { afterAll, expect, test } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { openDatabase } from '#db/open.ts';
import { sql } from '#db/orm.ts';
import type { Context, Steps } from '#db/steps.ts';
import { putSetting } from '#db/transactions/settings.ts';
import { anything, noon } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

test('a transaction that fails on a full disk may be repeated, and succeeds once there is room', async () => {
  const database = await openDatabase(await dialect.emptyDatabase());
  const large = 'x'.repeat(1_000_000);
  const write = (pages: number) =>
    database.transact('write', (context) => withRoom(context, pages, large), { busyTimeoutMs: 100 });
  await expect(write(1)).rejects.toThrow(DatabaseBusyError);
  await write(1_000_000);
  await database.close();
});

/** SQLite's own size limit, which has the same effect as a full disk. */
function* withRoom(context: Context, pages: number, value: string): Steps<void> {
  context.db.run(sql.raw(`PRAGMA max_page_count = ${pages}`));
  yield* putSetting(context, anything('large'), { value, now: noon });
}
