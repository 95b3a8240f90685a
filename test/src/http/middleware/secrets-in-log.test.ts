import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { route } from '#src/http/route.ts';
import { routes } from '#src/http/routes.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

const canary = 'canary-of-a-secret';

/** Fails with an error as a client of a cloud or of Redis throws it, whose properties hold the request. */
const failing = route({
  method: 'get',
  path: '/v1/failing',
  access: 'anyone',
  summary: 'Fail unexpectedly',
  answers: {},
  handle: async ({ request }) => {
    const cause = Object.assign(new Error('The cause.', { cause: { token: canary } }), { config: { body: canary } });
    throw Object.assign(new Error('The failure.', { cause }), { request, headers: request.headers, apiKey: canary });
  },
});

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ routes: [...routes, failing] });
});
afterAll(() => api.close());

const headers = {
  'x-request-id': 'planted',
  'idempotency-key': canary,
  cookie: `ghostifi_session=boss.1.${canary}; other=${canary}`,
  'x-api-key': canary,
  'user-agent': canary,
  referer: `http://x/?token=${canary}`,
};

test('no header, cookie, token, query, body or property of an error gets into the log', async () => {
  const customer = { customer: canary, location: canary };
  const calls = [
    await api.call('POST', '/v1/purchases', { as: 'storefront', headers, body: customer }),
    await api.call('POST', '/v1/purchases', { as: 'storefront', headers, body: `{"${canary}` }),
    await api.call('POST', '/v1/purchases', { as: 'storefront', headers, body: { ...customer, secret: canary } }),
    await api.call('GET', `/v1/servers?token=${canary}`, { as: 'viewer', headers }),
    await api.call('GET', '/v1/servers', { as: 'nobody', headers: { ...headers, authorization: `Bearer ${canary}` } }),
    await api.call('GET', `/v1/failing`, { as: 'operator', headers }),
    await api.call('GET', `/docs/show.js?token=${canary}`, { as: 'operator', headers }),
  ];
  expect(calls.map(({ status }) => status)).toEqual([202, 400, 422, 400, 401, 500, 200]);
  const { log } = api.surroundings;
  await vi.waitFor(() => expect(log.filter(({ event }) => event === 'request-answered')).toHaveLength(calls.length));
  expect(log.find(({ event }) => event === 'request-failed')).toMatchObject({
    requestId: 'planted',
    err: { message: 'The failure.', cause: { message: 'The cause.' } },
  });
  expect(JSON.stringify(log)).not.toMatch(/canary|-secret/);
});
