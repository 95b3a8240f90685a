import { request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ trustProxy: 1 });
});
afterAll(() => api.close());

/** The status of a sign-out, which needs no session, with exactly these headers. */
function statusOf(headers: Record<string, string>, call = 'POST /admin/logout'): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const [method = '', path = ''] = call.split(' ');
  const to = { host: '127.0.0.1', port: api.port, path, method };
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
  ['the browser sends no Origin', { host: 'x.example', ...here }],
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
  ['of our host without TLS', { host: 'x.example', origin: 'http://x.example', 'sec-fetch-site': 'cross-site' }],
  ['of no site, such as a file', { host: 'x.example', origin: 'null' }],
  ['without Origin and Sec-Fetch-Site', { host: 'x.example' }],
  ['without Origin, of another site', { host: 'x.example', 'sec-fetch-site': 'same-site' }],
  ['to a host that cannot be one', { host: 'x example', origin: 'https://x.example', ...here }],
])('a page may not act %s', async (_what, headers) => {
  expect(await statusOf(headers)).toBe(403);
});

test.each(['GET', 'HEAD'])('any page may lead to ours by %s', async (method) => {
  const headers = { host: 'x.example', origin: 'https://y.example', 'sec-fetch-site': 'cross-site' };
  expect(await statusOf(headers, `${method} /admin/login`)).toBe(200);
});

test('the pages of the console are protected in the same way', async () => {
  const from = (origin: string) => statusOf({ host: 'x.example', origin }, 'POST /console/jobs/retry');
  expect([await from('https://y.example'), await from('https://x.example')]).toEqual([403, 303]);
});
