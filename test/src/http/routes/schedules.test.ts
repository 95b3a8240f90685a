import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
let path = '';
let serverId = '';
beforeAll(async () => {
  api = await startTestApi();
  ({ serverId } = await api.buy());
  path = `/v1/servers/${serverId}/schedule`;
});
afterAll(() => api.close());

const nightly = { every: 'day', at: '02:30', zone: 'europe/berlin' };

test('a schedule is put, shown with its next three rebuilds, and deleted', async () => {
  expect((await api.call('GET', path)).status).toBe(404);
  const { status, body } = await api.call('PUT', path, { body: nightly, as: 'storefront' });
  expect(status).toBe(200);
  const times = { every: 'day', weekday: null, day: null, at: '02:30', zone: 'Europe/Berlin' };
  const nothing = { lastAt: null, lastJob: null, skipped: null };
  expect(body).toEqual({ serverId, ...times, locations: [], paused: false, next: expect.any(Array), ...nothing });
  const next: string[] = body.next;
  expect(next).toHaveLength(3);
  const inBerlin = new Intl.DateTimeFormat('de', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
  for (const time of next) expect(inBerlin.format(new Date(time))).toMatch(/^0[23]:3\d$/);
  expect(next).toEqual(next.toSorted());
  expect(Date.parse(next[0] ?? '')).toBeGreaterThan(Date.now());
  expect((await api.call('GET', path)).body).toEqual(body);
  expect((await api.call('PUT', path, { body: { ...nightly, paused: true } })).body.next).toEqual([]);
  expect((await api.call('DELETE', path)).status).toBe(204);
  expect((await api.call('DELETE', path)).status).toBe(404);
});

test.each([
  [{ ...nightly, zone: 'Europe/Nowhere' }, '/zone', 'there is no Europe/Nowhere'],
  [{ ...nightly, at: '24:00' }, '/at', 'must be a time such as 02:30'],
  [{ ...nightly, every: 'week' }, '/weekday', 'is required for every: week'],
  [{ ...nightly, weekday: 'monday' }, '/weekday', 'is only for every: week'],
  [{ ...nightly, every: 'month' }, '/day', 'is required for every: month'],
  [{ ...nightly, every: 'month', day: 32 }, '/day', 'must be a day from 1 to 31'],
  [{ ...nightly, every: 'hour' }, '/every', 'must be one of day, week, month'],
  [{ every: 'day', at: '02:30' }, '/zone', 'is required'],
])('the schedule %j is refused, with its fault', async (body, pointer, detail) => {
  const { status, body: problem } = await api.call('PUT', path, { body });
  expect([status, problem.type]).toEqual([422, 'urn:ghostifi:problem:invalid-body']);
  expect(problem.errors).toMatchObject([{ pointer, detail: expect.stringContaining(detail) }]);
});

test('places that the provider does not sell are refused', async () => {
  const plan = { id: 'vc2-1c-1gb', cpus: 1, memoryMb: 1024, monthlyCost: 5, currency: 'USD', locations: ['ams'] };
  const place = (id: string) => ({ id, city: id, country: 'NL' });
  api.surroundings.catalogue = { locations: [place('ams'), place('fra')], plans: [plan] };
  const put = (locations: string[]) => api.call('PUT', path, { body: { ...nightly, locations } });
  expect((await put(['ams', 'fra'])).body).toMatchObject({ type: 'urn:ghostifi:problem:not-offered' });
  expect((await put(['ams'])).body).toMatchObject({ locations: ['ams'] });
  api.surroundings.catalogue = null;
});

test('an unknown server has no schedule and gets none', async () => {
  expect((await api.call('GET', '/v1/servers/srv-none/schedule')).status).toBe(404);
  expect((await api.call('PUT', '/v1/servers/srv-none/schedule', { body: nightly })).status).toBe(404);
});

test('the history of the server shows its schedule', async () => {
  const history = (await api.call('GET', `/v1/servers/${serverId}/history`)).body.items;
  expect(history.map(({ event }: { event: string }) => event)).toEqual(expect.arrayContaining(['changed', 'deleted']));
});
