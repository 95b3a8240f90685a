import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { openDatabase } from '#db/open.ts';
import { sqliteDialect } from '../dialects.ts';
import { start } from '../process.ts';

const dialect = sqliteDialect();
afterAll(() => dialect.stop());

// A purchase gives up after 10 s. On a busy machine each process waits for the processor, too.
test('four processes that want the lock all the time each get a share of it, and nobody waits for long', async () => {
  const url = await dialect.emptyDatabase();
  await (await openDatabase(url)).close();
  const processes = Array.from({ length: 4 }, () => start('test/db/crowding-opener.ts', { databaseUrl: url }));
  await Promise.all(processes.map(({ stdout }) => once(stdout, 'data')));
  const reports = processes.map(({ stdout }) => text(stdout));
  for (const { stdin } of processes) stdin.write('go\n');
  const found = (await Promise.all(reports)).map((report) => JSON.parse(report) as { made: number; longestMs: number });
  const all = found.reduce((sum, { made }) => sum + made, 0);
  const shares = found.map(({ made }) => made / all);
  expect(Math.min(...shares), JSON.stringify(found)).toBeGreaterThan(0.1);
  expect(Math.max(...found.map(({ longestMs }) => longestMs)), JSON.stringify(found)).toBeLessThan(5_000);
});
