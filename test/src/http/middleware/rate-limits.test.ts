import { afterEach, expect, test } from 'vitest';
import { type ApiOptions, startTestApi, type TestApi } from '../api-under-test.ts';
import { secrets } from '../call-and-check.ts';

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

test('an address that calls too often without a valid token gets 429, and a valid token is served there', async () => {
  await start({ rateLimitPerAddress: 2 });
  const wrong = { as: 'nobody', headers: { authorization: 'Bearer wrong' } } as const;
  expect((await api.call('GET', '/v1/servers', { as: 'nobody' })).status).toBe(401);
  expect((await api.call('GET', '/v1/servers', wrong)).status).toBe(401);
  const refused = await api.call('GET', '/v1/servers', wrong);
  expect([refused.status, refused.headers.get('ratelimit')]).toEqual([
    429,
    expect.stringMatching(/^"address"; r=0; t=/),
  ]);
  expect((await api.call('GET', '/docs', { as: 'nobody' })).status).toBe(429);
  expect((await api.call('GET', '/livez', { as: 'nobody' })).status).toBe(200);
  expect((await api.call('GET', '/readyz/', { as: 'nobody' })).status).toBe(200);
  const served = await api.call('GET', '/v1/servers', { as: 'viewer' });
  expect([served.status, served.headers.get('ratelimit')]).toEqual([200, expect.stringMatching(/^"token"; r=/)]);
});

test('calls with a token take nothing from the address, and a token signs in to the dashboard at any address', async () => {
  await start({ rateLimitPerAddress: 1 });
  for (let n = 0; n < 3; n += 1) expect((await api.call('GET', '/v1/servers')).status).toBe(200);
  expect((await api.call('GET', '/v1/servers', { as: 'nobody' })).status).toBe(401);
  expect((await api.call('GET', '/v1/servers', { as: 'nobody' })).status).toBe(429);
  const body = new URLSearchParams({ token: secrets.viewer });
  const headers = { 'sec-fetch-site': 'same-origin' };
  const { status, headers: set } = await fetch(`${api.url}/admin/login`, {
    method: 'POST',
    headers,
    body,
    redirect: 'manual',
  });
  expect(status).toBe(303);
  const cookie = set.get('set-cookie')?.split(';')[0] ?? '';
  expect((await api.call('GET', '/v1/servers', { as: 'nobody', headers: { cookie } })).status).toBe(200);
});
