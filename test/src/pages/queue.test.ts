import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WorkerRow } from '#db/worker-table.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { visitor } from './visitor.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const say = (id: string, secondsAgo: number, state: WorkerRow['state'] = 'takes jobs') => {
  const saidAt = new Date(Date.now() - secondsAgo * 1_000);
  const own = { id, name: `host-${id}`, version: '1.0.0', startedAt: saidAt, slots: 50 };
  return api.store.recordWorker({ ...own, saidAt, state, active: 3 });
};
const show = async () => (await (await visitor(api, 'viewer')).get('/console/queue')).text;
/** The cells of each row of the table. */
const rowsIn = (text: string) =>
  [...text.matchAll(/<tr><td.*?<\/tr>/gs)].map(([row]) =>
    [...row.matchAll(/<td data-name="([^"]*)">(.*?)<\/td>/g)].map(([, name, cell]) => [name, cell]),
  );

test('without workers the page says how to start one', async () => {
  const text = await show();
  expect(text).toContain('No worker was heard of.');
  expect(text).toContain('<code>npm run worker</code>');
  expect(text).toContain('0 take jobs</a>');
});

test('each worker has a row, and a silent one is seen at once', async () => {
  await say('wrk-1', 1);
  await say('wrk-2', 2, 'Redis unavailable');
  await say('wrk-3', 31);
  await say('wrk-4', 40, 'stopped');
  // It was replaced long ago: it is listed, and not counted.
  await say('wrk-5', 3_601);
  const text = await show();
  expect(rowsIn(text).map((row) => Object.fromEntries(row))).toMatchObject([
    { Worker: 'host-wrk-1', State: '<span class="badge good">takes jobs</span>', Runs: '3 of 50', Version: '1.0.0' },
    { Worker: 'host-wrk-2', State: '<span class="badge bad">Redis unavailable</span>' },
    { Worker: 'host-wrk-3', State: '<span class="badge bad">silent</span>' },
    { Worker: 'host-wrk-4', State: '<span class="badge calm">stopped</span>' },
    { Worker: 'host-wrk-5', State: '<span class="badge bad">silent</span>' },
  ]);
  expect(text).toMatch(/data-name="Started"><time .*\n.*data-name="Last word"><time /);
  expect(text).toContain('<a href="/console/queue#workers">1 takes jobs, 1 silent</a>');
});

test('while Redis is silent, the page says so, and shows the workers and its buttons', async () => {
  api.surroundings.queue = null;
  await say('wrk-1', 1);
  const { status, text } = await (await visitor(api, 'operator')).get('/console/queue');
  expect([status, text.includes('Redis does not answer')]).toEqual([200, true]);
  expect(text).toContain('host-wrk-1');
  expect(text).toContain('/console/sale/stop');
});

test('with as many workers as it shows, it has less than 60 kB', async () => {
  for (let n = 0; n < 101; n += 1) await say(`${n}-${'a'.repeat(64)}`, n);
  const text = await show();
  expect([rowsIn(text).length, Buffer.byteLength(text) < 60_000]).toEqual([100, true]);
});
