import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseBusyError } from '#db/errors.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { makeKey } from '../make-key.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const callWith = (secret: string, method: string, path: string) =>
  api.call(method, path, { as: 'nobody', headers: { authorization: `Bearer ${secret}` } });

test('a key of the database is the caller, in the log and in events', async () => {
  const secret = await makeKey(api, { name: 'till', scopes: ['sale:write'] });
  const headers = { authorization: `Bearer ${secret}` };
  expect((await api.call('POST', '/v1/sale', { as: 'nobody', headers, body: { open: false } })).status).toBe(200);
  expect((await api.store.readEvents({ limit: 1 })).events).toMatchObject([
    { type: 'sale.stopped', actor: 'key:till' },
  ]);
  await vi.waitFor(() =>
    expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'request-answered', caller: 'till' })),
  );
  expect(JSON.stringify(api.surroundings.log)).not.toContain('gf_');
});

test('a key that is revoked or expired gets 401', async () => {
  const [revoked, expired] = [
    await makeKey(api, { name: 'revoked' }),
    await makeKey(api, { expiresAt: new Date(Date.now() - 1) }),
  ];
  const [, key] = await api.store.readKeys({ limit: 2 });
  await api.store.revokeKey(key?.id ?? '', { requestedBy: 'key:boss', requestId: null, now: new Date() });
  for (const secret of [revoked, expired])
    expect((await callWith(secret, 'GET', '/v1/servers')).headers.get('www-authenticate')).toContain('invalid_token');
});

test('while the database does not answer, a key gets 503, and the routes without one answer', async () => {
  const secret = await makeKey(api);
  api.store.findKey = () => Promise.reject(new DatabaseBusyError('key', null));
  expect((await callWith(secret, 'GET', '/v1/servers')).status).toBe(503);
  expect((await callWith(secret, 'GET', '/livez')).status).toBe(200);
});

test('each key has a limit of calls of its own', async () => {
  await api.close();
  api = await startTestApi({ rateLimitPerMinute: 1 });
  const [one, other] = [await makeKey(api), await makeKey(api)];
  const statuses = [];
  for (const secret of [one, one, other]) statuses.push((await callWith(secret, 'GET', '/v1/servers')).status);
  expect(statuses).toEqual([200, 429, 200]);
});
