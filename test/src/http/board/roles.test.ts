import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIdentities } from '#src/http/board/identities.ts';
import { createSessions } from '#src/http/board/session.ts';
import { secretsKeys } from '../../../secrets-key.ts';
import { startTestApi, type TestApi, tokens } from '../api-under-test.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

/** A valid cookie of the token, also of one that may not sign in. */
async function cookieOf(name: string): Promise<string> {
  const identities = createIdentities({ tokens, secretsKeys, keys: api.services.keys });
  const identity = await identities.named(name);
  if (!identity) throw new Error(`There is no token ${name}.`);
  const set: string[] = [];
  const response = { req: { protocol: 'http' }, cookie: (...[name, value]: string[]) => set.push(`${name}=${value}`) };
  createSessions(identities, () => new Date()).start(response as never, identity);
  return set[0] ?? '';
}

const pause = async (name: string) =>
  fetch(`${api.url}/admin/queues/api/queues/pause`, {
    method: 'PUT',
    headers: { cookie: await cookieOf(name), 'sec-fetch-site': 'same-origin' },
  });

test.each([
  ['boss', true],
  ['look', false],
])('the dashboard learns of the token %s that it may act: %j', async (name, mayAct) => {
  expect((await pause(name)).status).toBe(200);
  expect(api.surroundings.boardUsers).toEqual([{ name, mayAct, requestId: expect.any(String) }]);
});

test('a session of a storefront token does not open the dashboard', async () => {
  expect((await pause('shop')).status).toBe(401);
  expect(api.surroundings.boardUsers).toEqual([]);
});

test('the sessions of viewers and storefronts read the API with their own roles', async () => {
  const statusOf = async (name: string, path: string) =>
    (await fetch(api.url + path, { headers: { cookie: await cookieOf(name) } })).status;
  expect([await statusOf('look', '/v1/alerts'), await statusOf('look', '/v1/servers/none/vpn')]).toEqual([200, 403]);
  expect([await statusOf('shop', '/v1/alerts'), await statusOf('shop', '/v1/servers/none/vpn')]).toEqual([403, 404]);
});
