import { afterEach, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
afterEach(() => api.close());
const start = async () => {
  api = await startTestApi();
};

test('readiness lists the degraded parts and gives 200 as long as purchases are accepted', async () => {
  await start();
  api.surroundings.queue = null;
  api.surroundings.alerts = [
    { id: 'p', kind: 'provider', subject: 'p', message: 'm', raisedAt: new Date(), detail: null },
  ];
  const { status, body } = await api.call('GET', '/readyz', { as: 'nobody' });
  expect(status).toBe(200);
  const rest = { redis: 'degraded', workers: 'degraded', provider: 'degraded' };
  expect(body).toEqual({ status: 'ok', database: 'ok', disk: 'ok', ...rest });
});

test('readiness names workers that nobody can see, and a Redis that answers with errors', async () => {
  await start();
  const { queue } = api.surroundings;
  api.surroundings.queue = queue && { ...queue, workers: null, error: 'WRONGTYPE' };
  const { status, body } = await api.call('GET', '/readyz', { as: 'nobody' });
  expect(status).toBe(200);
  expect(body).toMatchObject({ redis: 'degraded', workers: 'unknown' });
});

test('a process that is stopping is not ready', async () => {
  await start();
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).body.status).toBe('ok');
  api.services.readiness.stop();
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).status).toBe(503);
});

test('a health route is never cached', async () => {
  await start();
  expect((await api.call('GET', '/livez', { as: 'nobody' })).headers.get('cache-control')).toBe('no-store');
});

test.each([
  ['no room for a purchase', { freeBytes: 46_000, wasRefused: false }, 503, { database: 'unavailable', disk: 'full' }],
  ['little room', { freeBytes: 4e8, wasRefused: false }, 200, { database: 'ok', disk: 'low' }],
])('a disk with %s shows, although small writes succeed', async (_, room, status, parts) => {
  await start();
  api.services.store.readRoom = async () => room;
  const answer = await api.call('GET', '/readyz', { as: 'nobody' });
  expect(answer).toMatchObject({ status, body: parts });
});

test.each([
  ['refuses every write', 'degraded', { isReadOnly: true }],
  ['cannot save', 'degraded', { cannotSave: true }],
  ['is full', 'degraded', { memoryUsed: 1 }],
  ['is in cluster mode', 'degraded', { isCluster: true }],
  [
    'does not tell',
    'ok',
    { isReadOnly: null, isCluster: null, cannotSave: null, memoryUsed: null, evictionPolicy: null },
  ],
])('a Redis that %s is %s', async (_, expected, changes) => {
  await start();
  if (api.surroundings.queue) api.surroundings.queue = { ...api.surroundings.queue, ...changes };
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).body.redis).toBe(expected);
});
