import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ trustProxy: 1 });
});
afterAll(() => api.close());

/** The status of a sign-out, which needs no session, with exactly these headers. */
function statusOf(headers: Record<string, string>): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const to = { host: '127.0.0.1', port: api.port, path: '/admin/logout', method: 'POST' };
  request({ ...to, headers }, (response) => resolve(response.resume().statusCode))
    .on('error', reject)
    .end();
  return promise;
}

const here = { 'sec-fetch-site': 'same-origin' };

test.each([
  ['the proxy leaves the port out of Host', { host: 'x.example', origin: 'https://x.example:8443', ...here }],
  ['the proxy passes its own port on', { host: 'x.example:3000', origin: 'https://x.example', ...here }],
  ['the proxy names the usual port', { host: 'x.example:443', origin: 'https://x.example' }],
  ['the port is passed on', { host: 'x.example:8443', origin: 'https://x.example:8443' }],
  ['the address is IPv6', { host: '[2001:db8::1]:8443', origin: 'https://[2001:db8::1]:8443' }],
  ['Host has capitals', { host: 'X.Example', origin: 'https://x.example' }],
  ['X-Forwarded-Host has the host', { host: 'api:3000', 'x-forwarded-host': 'x.example', origin: 'https://x.example' }],
  [
    'several proxies have the host',
    { host: 'api', 'x-forwarded-host': 'x.example:8443, inner', origin: 'https://x.example:8443' },
  ],
])('our own page may act when %s', async (_what, headers) => {
  expect(await statusOf(headers)).toBe(303);
});

test.each([
  ['of another port, as browsers without Sec-Fetch-Site call', { host: 'x.example', origin: 'https://x.example:8443' }],
  ['of another scheme, by its port', { host: 'x.example:443', origin: 'http://x.example' }],
  ['of another host', { host: 'x.example', origin: 'https://y.example', ...here }],
  ['of a host below ours', { host: 'x.example', origin: 'https://a.x.example', ...here }],
  ['of another port of ours', { host: 'x.example', origin: 'https://x.example:8443', 'sec-fetch-site': 'same-site' }],
  ['that comes through a proxy that hides our host', { host: 'api:3000', origin: 'https://x.example', ...here }],
  ['to a host that cannot be one', { host: 'x example', origin: 'https://x.example', ...here }],
])('a page may not act %s', async (_what, headers) => {
  expect(await statusOf(headers)).toBe(403);
});
