import SqliteConnection from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scopes } from '#db/keys.ts';
import { isWellFormed, newSecret, secretDigest } from '#src/keys/secret.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { makeKey } from '../make-key.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const make = (body: object) => api.call('POST', '/v1/keys', { body: { name: 'shop-2', preset: 'viewer', ...body } });
const made = async (body: object = {}) => (await make(body)).body;
const list = async () => (await api.call('GET', '/v1/keys')).body.items;
const rotate = (id: string, body: object = {}) => api.call('POST', `/v1/keys/${id}/rotate`, { body });
const revoke = (id: string) => api.call('DELETE', `/v1/keys/${id}`);
const callWith = (secret: string, method = 'GET', path = '/v1/servers', body?: object) =>
  api.call(method, path, { as: 'nobody', headers: { authorization: `Bearer ${secret}` }, ...(body && { body }) });
const statusWith = async (secret: string) => (await callWith(secret)).status;

describe('a key', () => {
  test('is made with its secret, which no later answer and no row has', async () => {
    const { secret, ...key } = await made({ customer: undefined });
    expect(isWellFormed(secret)).toBe(true);
    expect(key).toMatchObject({
      name: 'shop-2',
      scopes: ['servers:read', 'money:read', 'audit:read', 'alerts:read', 'board:read'],
      customer: null,
      last4: secret.slice(-4),
      createdBy: 'key:boss',
      revokedAt: null,
    });
    expect(await statusWith(secret)).toBe(200);
    await vi.waitFor(async () => expect(await list()).toEqual([{ ...key, usedAt: expect.any(String) }]));
    const connection = new SqliteConnection(api.databaseFile, { readonly: true });
    const tables = ['keys', 'events', 'answers', 'settings'];
    const rows = JSON.stringify(tables.map((table) => connection.prepare(`SELECT * FROM ${table}`).all()));
    connection.close();
    expect(rows).toContain(secretDigest(secret));
    expect(rows + JSON.stringify(api.surroundings.log)).not.toContain(secret.slice(3, 20));
  });

  test('has the scopes that are asked for, each once', async () => {
    const { scopes, secret } = await made({
      preset: undefined,
      scopes: ['servers:read', 'vpn:read', 'servers:read'],
    });
    expect(scopes).toEqual(['servers:read', 'vpn:read']);
    expect((await callWith(secret, 'GET', '/v1/alerts')).status).toBe(403);
  });

  test.each([
    [{ name: 'Shop' }, '/name'],
    [{ name: '-shop' }, '/name'],
    [{ preset: undefined }, '/scopes'],
    [{ scopes: ['servers:read'] }, '/scopes'],
    [{ preset: undefined, scopes: [] }, '/scopes'],
    [{ preset: undefined, scopes: ['servers:all'] }, '/scopes/0'],
    [{ preset: 'admin' }, '/preset'],
    [{ preset: 'viewer', customer: 'ada' }, '/scopes'],
    [{ preset: undefined, scopes: ['keys:write'], customer: 'ada' }, '/scopes'],
    [{ expiresAt: 'tomorrow' }, '/expiresAt'],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    [{ expiresAt: '9999-12-31T23:59:59-23:59' }, '/expiresAt'],
  ])('is refused as %j', async (body, pointer) => {
    const { status, body: problem } = await make(body);
    expect([status, problem.errors[0].pointer]).toEqual([422, pointer]);
    expect(await list()).toEqual([]);
  });

  test('of one customer can have the scopes of the preset storefront', async () => {
    const { secret, customer } = await made({ preset: 'storefront', customer: 'ada' });
    expect(customer).toBe('ada');
    expect(await statusWith(secret)).toBe(200);
  });

  test.each(['shop-2', 'boss'])('is not named %s if another key or a token is', async (name) => {
    await make({});
    const { status, body } = await make({ name });
    expect([status, body.type]).toEqual([409, 'urn:ghostifi:problem:name-taken']);
  });

  test('is refused once it has expired', async () => {
    const { secret } = await made({ expiresAt: new Date(Date.now() + 300).toISOString() });
    expect(await statusWith(secret)).toBe(200);
    await vi.waitFor(async () => expect(await statusWith(secret)).toBe(401));
  });
});

describe('a caller that may write keys', () => {
  test('gives no scope that it does not have', async () => {
    const secret = await makeKey(api, { scopes: ['keys:write', 'servers:read'] });
    const give = (wanted: string[]) =>
      callWith(secret, 'POST', '/v1/keys', { name: `k${Math.random()}`.replace('.', '-'), scopes: wanted });
    expect((await give(['servers:read'])).status).toBe(201);
    const { status, body } = await give(['servers:read', 'vpn:read']);
    expect([status, body.needed]).toEqual([403, ['vpn:read']]);
  });

  test('rotates no key with scopes that it does not have', async () => {
    const secret = await makeKey(api, { scopes: ['keys:write'] });
    const { id } = await made({ preset: 'operator' });
    expect((await callWith(secret, 'POST', `/v1/keys/${id}/rotate`, {})).status).toBe(403);
  });
});

describe('a rotation', () => {
  test('keeps the old secret valid for the overlap', async () => {
    const first = await made();
    const { status, body: second } = await rotate(first.id, { overlapHours: 1 });
    expect(status).toBe(200);
    expect(second).toMatchObject({ id: first.id, name: 'shop-2', last4: second.secret.slice(-4) });
    expect(Math.round((Date.parse(second.oldUntil) - Date.now()) / 60_000)).toBe(60);
    expect([await statusWith(first.secret), await statusWith(second.secret)]).toEqual([200, 200]);
    const { body: third } = await rotate(first.id, { overlapHours: 0 });
    const statuses = await Promise.all([first, second, third].map(({ secret }) => statusWith(secret)));
    expect(statuses).toEqual([401, 401, 200]);
  });

  test('has an overlap of a day if nothing else is said, and of a week at most', async () => {
    const { id } = await made();
    const { oldUntil } = (await rotate(id)).body;
    expect(Math.round((Date.parse(oldUntil) - Date.now()) / 3_600_000)).toBe(24);
    expect((await rotate(id, { overlapHours: 169 })).status).toBe(422);
    expect((await rotate(id, { overlapHours: -1 })).status).toBe(422);
  });

  test('of a revoked key gets 409, and of none 404', async () => {
    const { id } = await made();
    await revoke(id);
    expect([(await rotate(id)).status, (await rotate('key-none')).status]).toEqual([409, 404]);
  });
});

describe('a revoked key', () => {
  test('is refused at once where it was revoked, stays in the list, and is revoked again without an effect', async () => {
    const { id, secret } = await made();
    expect(await statusWith(secret)).toBe(200);
    expect((await revoke(id)).status).toBe(204);
    expect(await statusWith(secret)).toBe(401);
    const [{ revokedAt }] = await list();
    expect((await revoke(id)).status).toBe(204);
    expect((await list())[0].revokedAt).toBe(revokedAt);
    expect((await revoke('key-none')).status).toBe(404);
  });

  test('is never the last with keys:write', async () => {
    const first = await made({ name: 'first', preset: 'operator' });
    const { status, body } = await revoke(first.id);
    expect([status, body.type]).toEqual([409, 'urn:ghostifi:problem:not-allowed-now']);
    const second = await made({ name: 'second', preset: 'operator' });
    expect((await callWith(second.secret, 'DELETE', `/v1/keys/${first.id}`)).status).toBe(204);
  });
});

test('a new key is valid although its secret was tried before', async () => {
  const secret = newSecret();
  expect(await statusWith(secret)).toBe(401);
  const mark = { digest: secretDigest(secret), last4: '' };
  const actor = { requestedBy: 'key:boss', requestId: null, now: new Date() } as const;
  await api.store.recordKey({ name: 'tried', scopes, customer: null, expiresAt: null, ...mark }, actor);
  await make({});
  expect(await statusWith(secret)).toBe(200);
});

test('a key that a person pastes into a path, a reason or a request id is kept nowhere', async () => {
  const secret = newSecret();
  expect((await revoke(secret)).status).toBe(400);
  const reason = `closed with ${secret}`;
  expect((await api.call('POST', '/v1/sale', { body: { open: false, reason } })).status).toBe(422);
  const { headers } = await api.call('GET', `/v1/servers/${secret}`, { headers: { 'x-request-id': secret } });
  expect(headers.get('x-request-id')).not.toBe(secret);
  await vi.waitFor(() => expect(JSON.stringify(api.surroundings.log)).toContain('/v1/servers/gf_…'));
  expect(JSON.stringify(api.surroundings.log)).not.toContain(secret);
  expect(JSON.stringify(await api.store.readEvents({ limit: 50 }))).not.toContain(secret);
});
