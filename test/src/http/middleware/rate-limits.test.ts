import { afterEach, expect, test } from 'vitest';
import { type ApiOptions, startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
afterEach(() => api.close());
const start = async (options: ApiOptions = {}) => {
  api = await startTestApi(options);
};

test('a token that calls too often gets 429, and the other tokens do not', async () => {
  await start({ rateLimitPerMinute: 2 });
  for (let n = 0; n < 2; n += 1) expect((await api.call('GET', '/v1/servers', { as: 'viewer' })).status).toBe(200);
  const { status, headers, body } = await api.call('GET', '/v1/servers', { as: 'viewer' });
  expect([status, body.type]).toEqual([429, 'urn:ghostifi:problem:too-many-requests']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await api.call('GET', '/v1/servers', { as: 'storefront' })).status).toBe(200);
});

test('an address that calls too often gets 429 with any token, and the health routes still answer', async () => {
  await start({ rateLimitPerAddress: 2 });
  await api.call('GET', '/v1/servers', { as: 'nobody' });
  await api.call('GET', '/v1/servers', { as: 'viewer' });
  expect((await api.call('GET', '/v1/servers', { as: 'operator' })).status).toBe(429);
  expect((await api.call('GET', '/livez', { as: 'nobody' })).status).toBe(200);
  expect((await api.call('GET', '/readyz/', { as: 'nobody' })).status).toBe(200);
});
