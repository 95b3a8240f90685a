import { afterEach, expect, test, vi } from 'vitest';
import { type ApiOptions, startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
afterEach(() => api.close());
const start = async (options: ApiOptions) => {
  api = await startTestApi(options);
};

/** The status of a failed sign-in with this X-Forwarded-For. */
async function signInFrom(forwardedFor: string): Promise<number> {
  const headers = { 'sec-fetch-site': 'same-origin', 'x-forwarded-for': forwardedFor };
  return (await fetch(`${api.url}/admin/login`, { method: 'POST', headers })).status;
}

/** The address in its log. */
async function addressSeen(forwardedFor: string): Promise<unknown> {
  await signInFrom(forwardedFor);
  return api.surroundings.log.findLast(({ event }) => event === 'dashboard-sign-in-failed')?.address;
}

test.each([
  ['198.51.100.7', '198.51.100.7'],
  ['198.51.100.7:54321', '198.51.100.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['[2001:db8::7]', '2001:db8::7'],
  ['[2001:db8::7]:54321', '2001:db8::7'],
  ['203.0.113.1, 198.51.100.7', '198.51.100.7'],
  ['203.0.113.1:1,198.51.100.7:2', '198.51.100.7'],
  ['forged, [2001:db8::7]:54321', '2001:db8::7'],
  ['unknown', '127.0.0.1'],
  ['_hidden', '127.0.0.1'],
  ['198.51.100.7, unknown', '127.0.0.1'],
  ['198.51.100.7.example', '127.0.0.1'],
  ['[198.51.100', '127.0.0.1'],
  ['198.51.100.7:54321x', '127.0.0.1'],
  ['198.51.100.7:543210', '127.0.0.1'],
  ['x[2001:db8::7]:54321', '127.0.0.1'],
  ['[2001:db8::7]54321', '127.0.0.1'],
])('with one proxy, X-Forwarded-For: %s is the client %s', async (forwardedFor, client) => {
  await start({ trustProxy: 1 });
  expect(await addressSeen(forwardedFor)).toBe(client);
});

test('with two proxies the last address but one is the client', async () => {
  await start({ trustProxy: 2 });
  expect(await addressSeen('203.0.113.1, 198.51.100.7:99, 192.0.2.1')).toBe('198.51.100.7');
});

test('without a proxy X-Forwarded-For says nothing, and no library complains of it in the log', async () => {
  const complaint = vi.spyOn(console, 'error').mockReturnValue(undefined);
  await start({ trustProxy: 0 });
  expect(await addressSeen('198.51.100.7')).toBe('127.0.0.1');
  expect(complaint).not.toHaveBeenCalled();
  complaint.mockRestore();
});

test('wrong sign-ins count for the client, from whichever port its proxy says it calls', async () => {
  await start({ trustProxy: 1 });
  for (let port = 1; port <= 10; port += 1) expect(await signInFrom(`198.51.100.7:${port}`)).toBe(401);
  expect([await signInFrom('198.51.100.7:11'), await signInFrom('198.51.100.8:11')]).toEqual([429, 401]);
});

test('a client has one limit, from whichever port its proxy says it calls', async () => {
  await start({ trustProxy: 1, rateLimitPerAddress: 2 });
  const from = (address: string) =>
    api.call('GET', '/v1/servers', { as: 'nobody', headers: { 'x-forwarded-for': address } });
  for (const address of ['198.51.100.7:1', '198.51.100.7:2']) expect((await from(address)).status).toBe(401);
  expect((await from('198.51.100.7:3')).status).toBe(429);
  for (const port of [1, 2]) expect((await from(`[2001:db8::${port}]:${port}`)).status).toBe(401);
  expect((await from('2001:db8::9')).status).toBe(429);
  expect((await from('198.51.100.8')).status).toBe(401);
});
