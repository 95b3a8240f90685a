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
  expect(body).toEqual({ status: 'ok', database: 'ok', redis: 'degraded', workers: 'degraded', provider: 'degraded' });
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
