import { hash, randomBytes } from 'node:crypto';
import SqliteConnection from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSealer, linkTokens } from '#src/vpn/sealed.ts';
import { destroy, made, removed, settle } from '../../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';

const dayMs = 86_400_000;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ publicUrl: 'https://vpn.shop.test/' });
});
afterAll(() => api.close());

const make = async (serverId: string, body: object = { may: ['view'] }, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/servers/${serverId}/link`, { as: 'storefront', body, headers });
const list = (serverId: string) => api.call('GET', `/v1/servers/${serverId}/links`, { as: 'viewer' });

function storedAnswer(key: string): string {
  const connection = new SqliteConnection(api.databaseFile, { readonly: true });
  const row = connection.prepare('SELECT body FROM answers WHERE key = ?').pluck().get(key);
  connection.close();
  return String(row);
}

function storedAnswers(): unknown {
  const connection = new SqliteConnection(api.databaseFile, { readonly: true });
  const count = connection.prepare('SELECT count(*) FROM answers').pluck().get();
  connection.close();
  return count;
}

function replaceAnswer(key: string, body: object): void {
  const connection = new SqliteConnection(api.databaseFile);
  connection.prepare('UPDATE answers SET body = ? WHERE key = ?').run(JSON.stringify(body), key);
  connection.close();
}

describe('a link', () => {
  test('is made with its address, which no later answer and no row has', async () => {
    const { serverId } = await api.buy();
    const before = Date.now();
    const { status, body } = await make(serverId, { may: ['vpn', 'rebuild'], expiresIn: '12h' });
    expect(status).toBe(201);
    const token = /^https:\/\/vpn\.shop\.test\/s\/([\w-]{43})$/.exec(body.url)?.[1] ?? '';
    const { url: _, ...shown } = body;
    expect(shown).toMatchObject({ serverId, may: ['view', 'vpn', 'rebuild'], createdBy: 'key:shop' });
    expect(Date.parse(body.expiresAt) - before).toBeGreaterThanOrEqual(dayMs / 2);
    expect(Date.parse(body.expiresAt) - before).toBeLessThan(dayMs / 2 + 10_000);
    expect((await list(serverId)).body).toEqual({ items: [shown] });
    const connection = new SqliteConnection(api.databaseFile, { readonly: true });
    const rows = JSON.stringify([
      connection.prepare('SELECT * FROM links').all(),
      connection.prepare('SELECT * FROM events').all(),
      connection.prepare('SELECT * FROM answers').all(),
    ]);
    connection.close();
    expect(rows).toContain(hash('sha256', token));
    expect(rows).not.toContain(token);
    expect(JSON.stringify(api.surroundings.log)).not.toContain(token);
  });

  test('works for seven days if nothing else is said, and at most for thirty', async () => {
    const { serverId } = await api.buy();
    const daysOf = async (body: object) => {
      const link = (await make(serverId, body)).body;
      return (Date.parse(link.expiresAt) - Date.parse(link.createdAt)) / dayMs;
    };
    expect(await daysOf({ may: ['view'] })).toBe(7);
    expect(await daysOf({ may: ['view'], expiresIn: '30d' })).toBe(30);
    expect(await daysOf({ may: ['view'], expiresIn: '720h' })).toBe(30);
    expect(await daysOf({ may: ['view'], expiresIn: '1m' })).toBe(1 / 1_440);
  });

  test.each([
    [{}, '/may'],
    [{ may: [] }, '/may'],
    [{ may: ['destroy'] }, '/may/0'],
    [{ may: ['view'], expiresIn: '31d' }, '/expiresIn'],
    [{ may: ['view'], expiresIn: '721h' }, '/expiresIn'],
    [{ may: ['view'], expiresIn: '0d' }, '/expiresIn'],
    [{ may: ['view'], expiresIn: '7 days' }, '/expiresIn'],
    [{ may: ['view'], expiresIn: 7 }, '/expiresIn'],
  ])('is refused with 422: %j', async (body, pointer) => {
    const { serverId } = await api.buy();
    const answer = await make(serverId, body);
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, pointer]);
    expect((await list(serverId)).body.items).toEqual([]);
  });

  test('is made once for an Idempotency-Key, and a repeated call shows its address again', async () => {
    const { serverId } = await api.buy();
    const once = { 'idempotency-key': 'link-1' };
    const [first, again] = [await make(serverId, undefined, once), await make(serverId, undefined, once)];
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect([first, again].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect((await list(serverId)).body.items).toHaveLength(1);
    const other = await make(serverId, { may: ['vpn'] }, once);
    expect([other.status, other.body.type]).toEqual([422, 'urn:ghostifi:problem:key-reused']);
    const row = storedAnswer('link-1');
    expect(row).toContain(first.body.id);
    expect(row).not.toContain(first.body.url.split('/s/')[1]);
  });

  test('that was revoked or has expired is not shown again by a repeated call', async () => {
    const { serverId } = await api.buy();
    const once = { 'idempotency-key': 'link-3' };
    const { body } = await make(serverId, undefined, once);
    await api.call('DELETE', `/v1/servers/${serverId}/links/${body.id}`);
    const again = await make(serverId, undefined, once);
    expect([again.status, again.body.type]).toEqual([410, 'urn:ghostifi:problem:gone']);
    expect(again.body.detail).toContain(`Link ${body.id}`);
    expect((await list(serverId)).body.items).toEqual([]);
  });

  test('leaves no stored answer without an Idempotency-Key', async () => {
    const { serverId } = await api.buy();
    const before = storedAnswers();
    expect((await make(serverId)).status).toBe(201);
    expect(storedAnswers()).toBe(before);
  });

  test('sealed with another key is not shown again, and the answer says what to do', async () => {
    const { serverId } = await api.buy();
    const once = { 'idempotency-key': 'link-2' };
    const { body } = await make(serverId, undefined, once);
    const otherKey = createSealer({ current: randomBytes(32), old: null }, linkTokens);
    replaceAnswer('link-2', { id: body.id, sealed: otherKey.seal(body.id, Buffer.from('token')) });
    const refused = await make(serverId, undefined, once);
    expect([refused.status, refused.body.type]).toEqual([503, 'urn:ghostifi:problem:keys-unavailable']);
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(refused.body.detail).toContain('use another Idempotency-Key');
  });

  test('is another one each time, and can be revoked alone', async () => {
    const { serverId } = await api.buy();
    const [one, two] = [(await make(serverId)).body, (await make(serverId)).body];
    expect(one.url).not.toBe(two.url);
    const revoked = await api.call('DELETE', `/v1/servers/${serverId}/links/${one.id}`, { as: 'storefront' });
    expect(revoked.status).toBe(204);
    expect((await list(serverId)).body.items.map(({ id }: { id: string }) => id)).toEqual([two.id]);
    const again = await api.call('DELETE', `/v1/servers/${serverId}/links/${one.id}`);
    expect(again.status).toBe(404);
  });

  test('of an unknown or destroyed server is refused', async () => {
    expect([(await make('srv-none')).status, (await list('srv-none')).status]).toEqual([404, 404]);
    const { serverId, jobId } = await api.buy();
    await settle(api.store, jobId, made);
    await settle(api.store, (await destroy(api.store, serverId)).job.id, removed);
    const refused = await make(serverId);
    expect([refused.status, refused.body.type]).toEqual([410, 'urn:ghostifi:problem:gone']);
  });

  test('leads to the address of the call if PUBLIC_URL is not set', async () => {
    const other = await startTestApi();
    const { serverId } = await other.buy();
    const { body } = await other.call('POST', `/v1/servers/${serverId}/link`, { body: { may: ['view'] } });
    expect(body.url.startsWith(`${other.url}/s/`)).toBe(true);
    await other.close();
  });
});
