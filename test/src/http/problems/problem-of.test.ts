import SqliteConnection from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { CommitUnknownError, DatabaseFullError } from '#db/errors.ts';
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

test('a locked database gives 503 with Retry-After, and the same purchase succeeds once it is free', async () => {
  await start();
  const other = new SqliteConnection(api.databaseFile);
  other.exec('BEGIN IMMEDIATE');
  const [rejected, ready] = await Promise.all([
    api.call('POST', '/v1/purchases', purchase),
    api.call('GET', '/readyz', { as: 'nobody' }),
  ]);
  expect([rejected.status, rejected.headers.get('retry-after')]).toEqual([503, '2']);
  expect(rejected.body.type).toBe('urn:ghostifi:problem:database-busy');
  expect([ready.status, ready.body.database]).toEqual([503, 'unavailable']);
  expect((await api.call('GET', '/v1/servers')).body.items).toEqual([]);

  other.exec('ROLLBACK');
  other.close();
  expect((await api.call('POST', '/v1/purchases', purchase)).status).toBe(202);
});

test('a full disk gives 503 with its own words and a log line, and the same purchase succeeds once there is room', async () => {
  await start();
  const { purchase: buy } = api.services.producer;
  api.services.producer.purchase = () => Promise.reject(new DatabaseFullError('record purchase', null));
  const { status, headers, body } = await api.call('POST', '/v1/purchases', purchase);
  expect([status, headers.get('retry-after')]).toEqual([503, '30']);
  expect(body).toMatchObject({
    type: 'urn:ghostifi:problem:disk-full',
    detail:
      'The disk of the database is full: the transaction record purchase was not recorded. Try again once an operator has made room.',
  });
  expect(api.surroundings.log).toContainEqual(
    expect.objectContaining({ event: 'disk-full', error: body.detail, requestId: body.requestId }),
  );
  api.services.producer.purchase = buy;
  expect((await api.call('POST', '/v1/purchases', purchase)).status).toBe(202);
});

test('a commit that was not answered gives 503, and says that nobody knows whether it was recorded', async () => {
  await start();
  api.services.producer.purchase = () => Promise.reject(new CommitUnknownError('record purchase', null));
  const { status, headers, body } = await api.call('POST', '/v1/purchases', purchase);
  expect([status, headers.get('retry-after')]).toEqual([503, '2']);
  expect(body.detail).toBe(
    'It is unknown whether the database recorded the transaction record purchase. A repetition with the same Idempotency-Key finds out. Without a key, look first.',
  );
});

test('an unexpected error gives 500 and is logged in full, and its text is in no answer', async () => {
  const broken = route({
    method: 'get',
    path: '/v1/broken',
    access: 'servers:read',
    summary: 'Breaks',
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

test('an error after the start of the answer ends the connection', async () => {
  const broken = route({
    method: 'get',
    path: '/v1/broken',
    access: 'anyone',
    summary: 'Breaks halfway',
    answers: { 200: { description: '', body: null } },
    handle: async ({ response }) => {
      response.write('half');
      throw new Error('halfway');
    },
  });
  await start({ routes: [broken] });
  await expect(fetch(`${api.url}/v1/broken`).then((response) => response.text())).rejects.toThrow();
});
