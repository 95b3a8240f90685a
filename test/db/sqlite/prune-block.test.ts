import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { createStore } from '#db/store.ts';
import { watchLoop } from '../../bench/loop-block.ts';
import { bulkSql } from '../bulk.ts';
import { at, noon } from '../conformance/fixture.ts';
import { sqliteDialect } from '../dialects.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

const answers = 30_000;
const servers = 3_000;

test('the prune of many rows leaves the event loop free: no page takes 50 ms of CPU time', async () => {
  const url = await dialect.emptyDatabase();
  await (await openDatabase(url)).close();
  const body = JSON.stringify('x'.repeat(1_000));
  await dialect.execute(
    url,
    `BEGIN;
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${answers})
      INSERT INTO answers SELECT 'shop', 'key-' || n, 'hash', '${body}', ${noon.getTime()} FROM n;
    ${bulkSql('sqlite', { destroyed: servers, at: noon })}
    COMMIT`,
  );
  const database = await openDatabase(url);
  const store = createStore(database);
  const loop = watchLoop();
  let deleted = 0;
  for (const what of ['answers', 'jobs', 'machines', 'servers'] as const)
    for (let after: string | null = ''; after !== null; ) {
      const page = await store.prune(what, { before: at(1), after });
      deleted += page.deleted;
      after = page.next;
    }
  const longestMs = loop.longestCpuMs();
  loop.stop();
  await database.close();
  expect(deleted).toBe(answers + servers);
  expect(longestMs).toBeLessThan(50);
});
