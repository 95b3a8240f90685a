import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandOf } from '#src/http/commands/idempotency.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const buy = (key: string, body: Record<string, unknown>, as: 'storefront' | 'operator' = 'storefront') =>
  api.call('POST', '/v1/purchases', { as, body, headers: { 'idempotency-key': key } });

test('100 purchases with one key at once buy one server and get the same answer', async () => {
  const order = { customer: 'hundred', location: 'ams' };
  const answers = await Promise.all(Array.from({ length: 100 }, () => buy('hundred', order)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(new Set(answers.map(({ headers }) => headers.get('location'))).size).toBe(1);
  expect(await api.store.readServers({ customer: 'hundred', limit: 10 })).toHaveLength(1);
});

test('repeated answers are marked as replayed', async () => {
  const first = await buy('twice', { customer: 'twice', location: 'ams' });
  const second = await buy('twice', { location: 'ams', customer: 'twice' });
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(second.headers.get('idempotency-replayed')).toBe('true');
  expect(second.body).toEqual(first.body);
});

test('a key with another body is rejected, and buys nothing', async () => {
  await buy('other', { customer: 'other', location: 'ams' });
  const { status, body } = await buy('other', { customer: 'other', location: 'ewr' });
  expect([status, body.type]).toEqual([422, 'urn:ghostifi:problem:key-reused']);
  expect(await api.store.readServers({ customer: 'other', limit: 10 })).toHaveLength(1);
});

test('a key with another command is rejected', async () => {
  const { serverId } = await api.buy();
  const headers = { 'idempotency-key': 'command' };
  expect((await api.call('DELETE', `/v1/servers/${serverId}`, { headers })).status).toBe(202);
  expect((await api.call('POST', `/v1/servers/${serverId}/rebuild`, { headers })).status).toBe(422);
});

test.each(['rebuild', 'destroy'])('a key with the same command for another server is rejected: %s', async (command) => {
  const [first, second] = [await api.buy(), await api.buy()];
  const headers = { 'idempotency-key': `other-${command}` };
  const send = (id: string) =>
    command === 'rebuild'
      ? api.call('POST', `/v1/servers/${id}/rebuild`, { headers })
      : api.call('DELETE', `/v1/servers/${id}`, { headers });
  expect((await send(first.serverId)).status).toBe(202);
  expect((await send(second.serverId)).status).toBe(422);
  expect((await send(first.serverId)).headers.get('idempotency-replayed')).toBe('true');
  expect(await api.store.readJobs({ serverId: second.serverId, limit: 10 })).toHaveLength(1);
});

test('the same key of another token is a separate key', async () => {
  const order = { customer: 'tokens', location: 'ams' };
  const answers = [await buy('tokens', order), await buy('tokens', order, 'operator')];
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(await api.store.readServers({ customer: 'tokens', limit: 10 })).toHaveLength(2);
});

test('a rebuild with a key that is sent several times happens once', async () => {
  const { serverId } = await api.buy();
  const rebuild = () =>
    api.call('POST', `/v1/servers/${serverId}/rebuild`, { headers: { 'idempotency-key': `r-${serverId}` } });
  const answers = await Promise.all([rebuild(), rebuild(), rebuild()]);
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(await api.store.readJobs({ serverId, kind: 'rebuild', limit: 10 })).toHaveLength(1);
});

test('a repeated purchase gets its first answer even if the catalogue has changed since', async () => {
  const order = { customer: 'offer', location: 'ams' };
  const first = await buy('offer', order);
  api.surroundings.catalogue = { locations: [], plans: [] };
  const [again, another] = [await buy('offer', order), await buy('offer-2', order)];
  api.surroundings.catalogue = null;
  expect(again.text).toBe(first.text);
  expect(another.status).toBe(422);
});

test('a command without a key runs each time, and stores no answer', async () => {
  const { serverId } = await api.buy();
  const before = storedAnswers();
  const { body } = await api.call('POST', `/v1/servers/${serverId}/rebuild`);
  await api.call('POST', `/v1/servers/${serverId}/rebuild`);
  expect(await api.store.readJobs({ serverId, kind: 'rebuild', limit: 10 })).toHaveLength(2);
  await api.call('POST', `/v1/jobs/${body.job.id}/cancel`);
  await api.call('DELETE', `/v1/servers/${serverId}`);
  expect(storedAnswers()).toBe(before);
});

const hashOf = (body: unknown, method = 'POST', path = '/v1/x') =>
  commandOf({ headers: { 'Idempotency-Key': 'k' }, body, caller: 'shop', request: { method, path } } as never, () => 1)
    .idempotency?.bodyHash;

test('the hash of a body does not depend on the order of its members, at any depth', () => {
  const hash = hashOf({ a: 1, b: { c: [{ d: 1, e: 2 }], f: null } });
  expect(hashOf({ b: { f: null, c: [{ e: 2, d: 1 }] }, a: 1 })).toBe(hash);
  expect(hashOf({ a: 1, b: { c: [{ d: 1, e: 2 }], f: null }, g: undefined })).toBe(hash);
});

test('the hash differs for every other method, path and body', () => {
  const hashes = [
    hashOf({ a: 1 }),
    hashOf({ a: 1 }, 'DELETE'),
    hashOf({ a: 1 }, 'POST', '/v1/y'),
    hashOf({ a: '1' }),
    hashOf({ a: [1] }),
    hashOf({ a: [1, 2] }),
    hashOf({ a: [2, 1] }),
    hashOf({ a: { b: 1 } }),
    hashOf({ b: 1 }),
    hashOf({ a: null }),
    hashOf({}),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

function storedAnswers(): unknown {
  const connection = new SqliteConnection(api.databaseFile, { readonly: true });
  try {
    return connection.prepare('SELECT count(*) FROM answers').pluck().get();
  } finally {
    connection.close();
  }
}

test('a key with a pair of quotes around it is the same key', async () => {
  const order = { customer: 'quoted', location: 'ams' };
  const first = await buy('"quoted-1"', order);
  for (const key of ['quoted-1', '"quoted-1"']) expect((await buy(key, order)).text).toBe(first.text);
  for (const key of ['""quoted-1""', '"quoted-1', '"']) expect((await buy(key, order)).status, key).toBe(202);
  expect(await api.store.readServers({ customer: 'quoted', limit: 10 })).toHaveLength(4);
});

test('a path with and without a slash at its end is the same command', async () => {
  const { serverId } = await api.buy();
  const headers = { 'idempotency-key': 'slash' };
  const first = await api.call('DELETE', `/v1/servers/${serverId}`, { headers });
  const again = await api.call('DELETE', `/v1/servers/${serverId}/`, { headers });
  expect([again.status, again.text]).toEqual([202, first.text]);
});
