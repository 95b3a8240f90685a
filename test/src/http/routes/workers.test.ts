import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastSweepSetting } from '#db/settings.ts';
import type { WorkerRow } from '#db/worker-table.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
const say = (id: string, seconds: number, state: WorkerRow['state'] = 'takes jobs') => {
  const own = { id, name: `host-${id}`, version: '1.0.0', startedAt: ago(3_600), slots: 50 };
  return api.store.recordWorker({ ...own, saidAt: ago(seconds), state, active: 3 });
};
const read = async () => (await api.call('GET', '/v1/workers', { as: 'viewer' })).body;

test('the workers are listed with their last word, newest first', async () => {
  await say('wrk-1', 20);
  await say('wrk-2', 10, 'clock wrong');
  const instant = expect.stringMatching(/^20.*Z$/);
  const rest = { version: '1.0.0', startedAt: instant, saidAt: instant, silent: false, active: 3, slots: 50 };
  expect((await read()).items).toEqual([
    { id: 'wrk-2', name: 'host-wrk-2', state: 'clock wrong', ...rest },
    { id: 'wrk-1', name: 'host-wrk-1', state: 'takes jobs', ...rest },
  ]);
});

test('one that has said nothing for 30 s is silent, unless it said that it stopped', async () => {
  await say('wrk-1', 29);
  await say('wrk-2', 31);
  await say('wrk-3', 32, 'drains');
  await say('wrk-4', 33, 'stopped');
  const { items } = await read();
  expect(items.map(({ id, silent }: { id: string; silent: boolean }) => [id, silent])).toEqual([
    ['wrk-1', false],
    ['wrk-2', true],
    ['wrk-3', true],
    ['wrk-4', false],
  ]);
});

test('while Redis does not answer they are listed, and what it would say is null', async () => {
  const since = new Date();
  await api.store.putSetting(lastSweepSetting, { succeededAt: since.toISOString(), error: 'OOM' }, since);
  expect(await read()).toEqual({
    items: [],
    workers: 1,
    queue: { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0 },
    lastSweepAt: since.toISOString(),
    lastSweepError: 'OOM',
  });
  await say('wrk-1', 1);
  api.surroundings.queue = null;
  expect(await read()).toMatchObject({ items: [{ id: 'wrk-1' }], workers: null, queue: null });
});

test('at most 100 are listed, those that spoke last', async () => {
  for (let n = 0; n < 101; n += 1) await say(`wrk-${n}`, n);
  const { items } = await read();
  expect([items.length, items.at(0).id, items.at(-1).id]).toEqual([100, 'wrk-0', 'wrk-99']);
});
