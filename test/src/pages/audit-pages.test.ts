import { afterAll, beforeAll, expect, test } from 'vitest';
import { statementOfADay } from '../../statement-of-a-day.ts';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { type Visitor, visitor } from './visitor.ts';

let api: TestApi;
let viewer: Visitor;
let serverId: string;
beforeAll(async () => {
  api = await startTestApi();
  viewer = await visitor(api, 'viewer');
  ({ serverId } = await api.buy({ customer: '<b>Ann</b>' }));
});
afterAll(() => api.close());

test('events are filtered, and each leads to its causes', async () => {
  const requestedAt = new Date();
  await api.call('POST', `/v1/servers/${serverId}/rebuild`, { as: 'operator', body: {} });
  const list = await viewer.get(`/console/events?server=${serverId}`);
  const [, id] = /href="\/console\/events\/(evt-\w+)">server.rebuild_requested/.exec(list.text) ?? [];
  expect(list.text).toContain('key:boss');
  expect((await viewer.get(`/console/events/${id}`)).text).toContain('No cause is recorded');
  const bySale = await viewer.get('/console/events?actor=key:shop');
  expect(bySale.text).toContain('server.purchased');
  expect(bySale.text).not.toContain('>server.rebuild_requested</a>');
  const tomorrow = new Date(requestedAt.getTime() + 86_400_000).toISOString().slice(0, 10);
  expect((await viewer.get(`/console/events?since=${tomorrow}`)).text).toContain('No event is like this.');
});

test('a bad filter is refused with the API’s words', async () => {
  const { status, text } = await viewer.get('/console/events?actor=nobody');
  expect(status).toBe(400);
  expect(text).toContain('actor');
});

test('statements that do not exist yet say when they come', async () => {
  expect((await viewer.get('/console/statements')).text).toContain('There is no statement yet.');
  expect((await viewer.get('/console/statements/2026-01-31')).status).toBe(404);
});

test('statements are in a calendar, and each shows its sums and its troubles', async () => {
  const partial = { ...statementOfADay, day: '2026-01-30', complete: false, margin: null };
  for (const statement of [statementOfADay, partial])
    await api.store.recordStatement({ statement, digest: 'd2', now: new Date() });
  const { text } = await viewer.get('/console/statements');
  expect(text).toContain('Statements of 2026-01');
  expect(text).toContain('<a class="day" href="/console/statements/2026-01-31">31</a>\n<small>8.67 USD</small>');
  expect(text).toContain('<a class="day" href="/console/statements/2026-01-30">30</a>\n<small>not complete</small>');
  const [, data = ''] = /data-days="([^"]*)"/.exec(text) ?? [];
  expect(JSON.parse(data.replaceAll('&#34;', '"'))).toEqual({
    days: ['2026-01-30', '2026-01-31'],
    series: { paid: [9, 9], cost: [0.33, 0.33], margin: [null, 8.67] },
  });
  const day = await viewer.get('/console/statements/2026-01-31');
  for (const part of ['8.67 USD', 'unknown', '3 billed, 2 owned', 'sub_1', 'Paying for nothing: 1', '48.0'])
    expect(day.text).toContain(part);
  expect(day.text).not.toContain('Held:');
});

test('the settings show variables and clocks, and what the catalogue lacks', async () => {
  const { text } = await viewer.get('/console/settings');
  expect(text).toContain('>DEFAULT_PLAN</span>');
  expect(text).toContain('>vc2-1c-1gb</td>');
  expect(text).toContain('The catalogue is not known yet.');
  expect(text).toContain(process.version);
});
