import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('current alerts are listed', async () => {
  const raisedAt = new Date('2026-01-01T00:00:00Z');
  api.surroundings.alerts = [{ id: 'a:b', kind: 'a', subject: 'b', message: 'Look.', raisedAt, detail: { n: 1 } }];
  const { body } = await api.call('GET', '/v1/alerts', { as: 'viewer' });
  expect(body.items).toEqual([
    { id: 'a:b', kind: 'a', subject: 'b', message: 'Look.', raisedAt: raisedAt.toISOString() },
  ]);
});
