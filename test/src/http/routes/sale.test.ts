import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

test('a stopped sale rejects purchases with 503, and only those', async () => {
  const { serverId } = await api.buy();
  expect((await api.call('POST', '/v1/sale', { body: { open: false } })).body).toEqual({ open: false });
  const order = { body: { customer: 'c', location: 'ams' }, headers: { 'idempotency-key': 'closed' } };
  const rejected = await api.call('POST', '/v1/purchases', order);
  expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '60']);
  expect((await api.call('POST', `/v1/servers/${serverId}/rebuild`)).status).toBe(202);
  expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'sale-stopped', by: 'boss' }));
  await api.call('POST', '/v1/sale', { body: { open: true } });
  expect((await api.call('POST', '/v1/purchases', order)).status).toBe(202);
});
