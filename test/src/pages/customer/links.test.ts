import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linkRights } from '#db/links.ts';
import { openDatabase } from '#db/open.ts';
import { actions } from '#src/pages/customer/actions.ts';
import { dumpOf } from '../../../db/conformance/fixture.ts';
import { startTestApi, type TestApi } from '../../http/api-under-test.ts';
import { runningServer, type Shown, type Visitor, visitorAt, visitorOf } from './visits.ts';

let api: TestApi;
beforeAll(async () => {
  // Each test may come from addresses of its own.
  api = await startTestApi({ trustProxy: 1 });
});
afterAll(() => api.close());

const guess = () => visitorAt(api, `/s/${randomBytes(32).toString('base64url')}`);

async function revoked(serverId: string): Promise<Visitor> {
  const visitor = await visitorOf(api, serverId);
  await api.call('DELETE', `/v1/servers/${serverId}/links/${visitor.linkId}`);
  return visitor;
}

/** From an address of its own, so that no limit is met. */
let addresses = 0;
const fresh = () => ({ 'x-forwarded-for': `198.18.${addresses >> 8}.${addresses++ & 255}` });

/** The names of the methods of the Store that are called meanwhile. */
async function storeCallsOf(work: () => Promise<unknown>): Promise<string[]> {
  const { store } = api.services;
  const before = { ...store };
  const calls: string[] = [];
  for (const [name, method] of Object.entries(before)) {
    const counted = (...args: unknown[]) => {
      calls.push(name);
      return Reflect.apply(method, store, args);
    };
    Object.assign(store, { [name]: counted });
  }
  await work();
  Object.assign(store, before);
  return calls;
}

const comparable = ({ status, headers, text }: Shown) => {
  const all = Object.fromEntries(headers);
  const { date: _, 'x-request-id': __, ratelimit: ___, ...rest } = all;
  return { status, headers: rest, text };
};

describe('a link that was guessed, has expired, was revoked, or lacks the right', () => {
  test('gets the same answer for each action and for the page', async () => {
    const serverId = await runningServer(api);
    const expired = await visitorOf(api, serverId, { expiresAt: new Date(Date.now() - 1) });
    const gone = await revoked(serverId);
    const wanting = await visitorOf(api, serverId, { may: ['view'] });
    const expected = comparable(await guess().get('', { headers: fresh() }));
    expect(expected.status).toBe(404);
    expect(expected.text).toContain('This link does not work');
    for (const visitor of [
      expired,
      gone,
      guess(),
      visitorAt(api, '/s/short'),
      visitorAt(api, `/s/${'x'.repeat(5_000)}`),
    ])
      expect(comparable(await visitor.get('', { headers: fresh() }))).toEqual(expected);
    for (const { name } of actions) {
      for (const visitor of [expired, gone, guess(), wanting]) {
        const init = { method: 'POST', headers: fresh(), body: new URLSearchParams({ device: '1' }) };
        expect(comparable(await visitor.get(`/${name}`, init)), name).toEqual(expected);
      }
      for (const visitor of [expired, gone, guess()])
        expect(comparable(await visitor.get(`/${name}`, { headers: fresh() })), name).toEqual(expected);
    }
    for (const below of ['/nothing', '/config/more'])
      expect(comparable(await wanting.get(below, { headers: fresh() }))).toEqual(expected);
  });

  test('gets it after the same work, in the same time', { timeout: 120_000 }, async () => {
    const serverId = await runningServer(api);
    const visitors = Object.entries({
      guessed: guess(),
      expired: await visitorOf(api, serverId, { expiresAt: new Date(Date.now() - 1) }),
      revoked: await revoked(serverId),
      wanting: await visitorOf(api, serverId, { may: ['view'] }),
    });
    const ask = (visitor: Pick<Visitor, 'get'>) => visitor.get('/rebuild', { method: 'POST', headers: fresh() });
    for (const [name, visitor] of visitors) expect(await storeCallsOf(() => ask(visitor)), name).toEqual(['readLink']);
    const times = new Map<string, number[]>(visitors.map(([name]) => [name, []]));
    // The fastest of each: a busy computer delays the others, and none can be faster than its work.
    const spread = () => {
      const fastest = [...times.values()].map((ms) => Math.min(...ms));
      return { ms: Math.max(...fastest) - Math.min(...fastest), limitMs: 0.5 + Math.min(...fastest) / 5 };
    };
    const endsAt = performance.now() + 60_000;
    for (let round = 0; round < 25 || (spread().ms >= spread().limitMs && performance.now() < endsAt); round++) {
      // In another order each time.
      for (const at of visitors.keys()) {
        const [name, visitor] = visitors[(at + round * 3) % visitors.length] ?? ['', guess()];
        const startedAt = performance.now();
        await ask(visitor);
        times.get(name)?.push(performance.now() - startedAt);
      }
    }
    expect(spread().ms).toBeLessThan(spread().limitMs);
  });

  test.each(linkRights.filter((right) => right !== 'view'))(
    'without %s no other right is a way to it',
    async (right) => {
      const serverId = await runningServer(api);
      const visitor = await visitorOf(api, serverId, { may: linkRights.filter((other) => other !== right) });
      const { text } = await visitor.get();
      for (const action of actions) {
        if (action.right === right) expect(text, action.name).not.toContain(`${visitor.path}/${action.name}"`);
        const init = { method: 'POST', headers: fresh(), body: new URLSearchParams({ device: '1' }) };
        const { status } = await visitor.get(`/${action.name}`, init);
        if (action.right === right) expect(status, action.name).toBe(404);
        else expect(status, action.name).not.toBe(500);
      }
    },
  );

  test('is limited by address, and a link that works is not', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const statuses: number[] = [];
    for (let n = 0; n < 32; n++) statuses.push((await guess().get('', { headers })).status);
    expect(statuses).toEqual([...Array(30).fill(404), 429, 429]);
    const limited = await guess().get('', { headers });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(limited.headers.get('content-type')).toContain('text/html');
    expect((await visitor.get('', { headers })).status).toBe(200);
    expect((await guess().get('', { headers: fresh() })).status).toBe(404);
  });
});

describe('a GET', () => {
  test('changes nothing and uses nothing up, whatever is below the page', async () => {
    const serverId = await runningServer(api);
    const visitor = await visitorOf(api, serverId);
    await api.call('PUT', `/v1/servers/${serverId}/schedule`, { body: { every: 'day', at: '02:30', zone: 'UTC' } });
    const database = await openDatabase(`file:${api.databaseFile}`);
    const before = await dumpOf(database);
    for (const below of ['', '', '?done=rebuild', '/', ...actions.map(({ name }) => `/${name}`)]) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers } = await visitor.get(below, { method });
        expect([200, 303]).toContain(status);
        if (status === 303) expect(headers.get('location')).toBe(visitor.path);
      }
    }
    expect(await dumpOf(database)).toEqual(before);
    await database.close();
  });
});

test('nothing stores, lists, frames or refers to a page, and it may load nothing from elsewhere', async () => {
  const serverId = await runningServer(api);
  const visitor = await visitorOf(api, serverId);
  const answers = [
    await visitor.get(),
    await visitor.post('config', { device: '1' }),
    await visitor.post('qr', { device: '1' }),
    await visitor.post('name', { device: '1', label: 'Phone' }),
    await guess().get(),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 303, 404]);
  for (const { headers } of answers) {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-robots-tag')).toContain('noindex');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none';.*frame-ancestors 'none'/);
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers.get('set-cookie')).toBeNull();
  }
});

test('the token gets into no log line, also of a failure', async () => {
  const serverId = await runningServer(api);
  const visitor = await visitorOf(api, serverId);
  const token = visitor.path.slice('/s/'.length);
  await visitor.get();
  await visitor.post('rebuild', { after: '1' });
  await visitor.get('/nothing');
  for (const path of [`//s/${token}`, `/S/${token}`, `/s/${token}/x/y`]) await fetch(`${api.url}${path}`);
  const { store } = api.services;
  const { readServer } = store;
  store.readServer = () => Promise.reject(new Error('The database is gone.'));
  const failed = await visitor.get();
  store.readServer = readServer;
  expect([failed.status, failed.text]).toEqual([500, expect.stringContaining('Something is wrong on our side')]);
  // An error at the commit leaves it unknown whether something was changed.
  expect(failed.text).not.toMatch(/database|Nothing was changed/);
  const log = JSON.stringify(api.surroundings.log);
  expect(log).toContain(`link:${visitor.linkId}`);
  expect(log).not.toContain(token);
});
