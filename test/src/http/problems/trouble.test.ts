import SqliteConnection from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { route } from '#src/http/route.ts';
import { type ApiOptions, startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
afterEach(() => api.close());
const start = async (options: ApiOptions = {}) => {
  api = await startTestApi(options);
};

const purchase = {
  as: 'storefront',
  body: { customer: 'c', location: 'ams' },
  headers: { 'idempotency-key': 'k' },
} as const;

test('a locked database is 503 with Retry-After, and the same purchase works once it is free', async () => {
  await start();
  const other = new SqliteConnection(api.databaseFile);
  other.exec('BEGIN IMMEDIATE');
  const [refused, ready] = await Promise.all([
    api.call('POST', '/v1/purchases', purchase),
    api.call('GET', '/readyz', { as: 'nobody' }),
  ]);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
  expect(refused.body.type).toBe('urn:ghostifi:problem:database-busy');
  expect([ready.status, ready.body.database]).toEqual([503, 'unavailable']);
  expect((await api.call('GET', '/v1/servers')).body.items).toEqual([]);

  other.exec('ROLLBACK');
  other.close();
  expect((await api.call('POST', '/v1/purchases', purchase)).status).toBe(202);
});

test('an unexpected error is 500, logged in full, and its text is in no answer', async () => {
  const broken = route({
    ...{ method: 'get', path: '/v1/broken', access: 'reader', summary: 'Breaks' },
    answers: { 200: { description: '', body: null } },
    handle: async () => {
      throw new Error('the password is hunter2');
    },
  });
  await start({ routes: [broken] });
  const { status, body, text } = await api.call('GET', '/v1/broken');
  expect(status).toBe(500);
  expect(text).not.toContain('hunter2');
  const line = api.surroundings.log.find(({ event }) => event === 'request-failed');
  expect(line).toMatchObject({ requestId: body.requestId, err: { message: 'the password is hunter2' } });
});

test('an error after the answer has begun ends the connection', async () => {
  const broken = route({
    ...{ method: 'get', path: '/v1/broken', access: 'anyone', summary: 'Breaks halfway' },
    answers: { 200: { description: '', body: null } },
    handle: async ({ response }) => {
      response.write('half');
      throw new Error('halfway');
    },
  });
  await start({ routes: [broken] });
  await expect(fetch(`${api.url}/v1/broken`).then((response) => response.text())).rejects.toThrow();
});

test('a token that calls too often gets 429, and the others go on', async () => {
  await start({ rateLimitPerMinute: 2 });
  for (let n = 0; n < 2; n += 1) expect((await api.call('GET', '/v1/servers', { as: 'viewer' })).status).toBe(200);
  const { status, headers, body } = await api.call('GET', '/v1/servers', { as: 'viewer' });
  expect([status, body.type]).toEqual([429, 'urn:ghostifi:problem:too-many-requests']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await api.call('GET', '/v1/servers', { as: 'storefront' })).status).toBe(200);
});

test('an address that calls too often gets 429 whatever its token, and the health routes still answer', async () => {
  await start({ rateLimitPerAddress: 2 });
  await api.call('GET', '/v1/servers', { as: 'nobody' });
  await api.call('GET', '/v1/servers', { as: 'viewer' });
  expect((await api.call('GET', '/v1/servers', { as: 'operator' })).status).toBe(429);
  expect((await api.call('GET', '/livez', { as: 'nobody' })).status).toBe(200);
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).status).toBe(200);
});

test('readiness lists what is degraded and is 200 as long as purchases are accepted', async () => {
  await start();
  api.surroundings.queue = null;
  api.surroundings.alerts = [{ id: 'p', kind: 'provider', subject: 'p', message: 'm', raisedAt: new Date() }];
  const { status, body } = await api.call('GET', '/readyz', { as: 'nobody' });
  expect(status).toBe(200);
  expect(body).toEqual({ status: 'ok', database: 'ok', redis: 'degraded', workers: 'degraded', provider: 'degraded' });
});

test('a process that stops is not ready', async () => {
  await start();
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).body.status).toBe('ok');
  api.services.readiness.stop();
  expect((await api.call('GET', '/readyz', { as: 'nobody' })).status).toBe(503);
});

test('a health route is never cached', async () => {
  await start();
  expect((await api.call('GET', '/livez', { as: 'nobody' })).headers.get('cache-control')).toBe('no-store');
});
