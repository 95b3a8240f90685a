import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../http/api-under-test.ts';
import { type Visitor, visitor } from './visitor.ts';

let api: TestApi;
let operator: Visitor;
let serverId: string;
beforeAll(async () => {
  api = await startTestApi();
  operator = await visitor(api, 'operator');
  ({ serverId } = await api.buy());
});
afterAll(() => api.close());

const page = () => operator.get(`/console/servers/${serverId}`);
const action = () => `/console/servers/${serverId}/schedule`;

test('an operator makes, changes and deletes a schedule on the page of its server', async () => {
  expect((await operator.get('/console/schedules')).text).toContain('No server has a schedule.');
  const times = { when: 'monday', at: '02:30', zone: 'Europe/Berlin', locations: 'ams, fra', paused: 'no' };
  const made = await operator.submit(await page(), action(), times);
  expect(made.text).toContain('The next rebuild is at 20');
  expect(made.text).toContain('Rebuilt every monday at 02:30 (Europe/Berlin), in ams, fra in turn');
  expect(await api.store.readSchedule(serverId)).toMatchObject({ every: 'week', weekday: 'monday', at: '02:30' });

  await operator.submit(await page(), action(), { ...times, when: '31', locations: '', paused: 'yes' });
  const list = await operator.get('/console/schedules');
  expect(list.text).toContain('every month on day 31 at 02:30 (Europe/Berlin)');
  expect(list.text).toContain('>paused</span>');

  const gone = await operator.submit(await page(), `${action()}/delete`);
  expect(gone.text).toContain('The schedule is deleted.');
  expect(await api.store.readSchedule(serverId)).toBeNull();
});

test('a zone that does not exist is named, and nothing changes', async () => {
  const times = { when: 'day', at: '02:30', zone: 'Mars/Olympus', paused: 'no' };
  const refused = await operator.submit(await page(), action(), times);
  expect(refused.text).toContain('there is no Mars/Olympus');
  expect(await api.store.readSchedule(serverId)).toBeNull();
});

test('a viewer sees the schedules and cannot change them', async () => {
  const viewer = await visitor(api, 'viewer');
  expect((await viewer.get(`/console/servers/${serverId}`)).text).not.toContain(action());
});

test('pages of schedules go on by server', async () => {
  const { serverId: other } = await api.buy();
  const body = { every: 'day', at: '03:00', zone: 'UTC' };
  for (const id of [serverId, other]) await api.call('PUT', `/v1/servers/${id}/schedule`, { as: 'operator', body });
  const first = await api.call('GET', '/v1/schedules?limit=1', { as: 'viewer' });
  const second = await api.call('GET', `/v1/schedules?limit=1&cursor=${first.body.nextCursor}`, { as: 'viewer' });
  const ids = [first, second].map(({ body }) => body.items[0].serverId);
  expect(ids).toEqual([serverId, other].toSorted());
  expect(second.body.nextCursor).toBeNull();
});
