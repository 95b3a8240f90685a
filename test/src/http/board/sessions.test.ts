import SqliteConnection from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DatabaseBusyError, DatabaseFullError } from '#db/errors.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { type As, secrets } from '../call-and-check.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi();
});
afterEach(() => api.close());

const fromHere = { 'sec-fetch-site': 'same-origin' };
const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(api.url + path, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    ...(body !== undefined && { body }),
  });
const signIn = (token: string, next = '', headers: Record<string, string> = fromHere) =>
  send('POST', '/admin/login', headers, new URLSearchParams({ token, next }).toString());
const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';
const signedIn = async (as: Exclude<As, 'nobody'>) => ({ cookie: cookieOf(await signIn(secrets[as])) });

test('a page load without a session is redirected to the sign-in, and afterwards to its page', async () => {
  const away = await send('GET', '/admin/queues/queue/servers?status=failed');
  expect(away.status).toBe(303);
  const page = await send('GET', away.headers.get('location') ?? '');
  expect(page.status).toBe(200);
  const next = /name="next" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
  const back = await signIn(secrets.operator, next);
  expect([back.status, back.headers.get('location')]).toEqual([303, '/admin/queues/queue/servers?status=failed']);
  const board = await send('GET', '/admin/queues', { cookie: cookieOf(back) });
  expect(await board.text()).toBe('the board');
});

test('calls without a session get 401', async () => {
  expect((await send('GET', '/admin/queues/api/queues')).status).toBe(401);
  expect((await send('PUT', '/admin/queues/api/queues/pause', fromHere)).status).toBe(401);
});

test('the browser sends the cookie only with its own requests to this site', async () => {
  const cookie = (await signIn(secrets.operator)).headers.get('set-cookie');
  expect(cookie).toMatch(/; Path=\/;/);
  expect(cookie).toContain('HttpOnly');
  expect(cookie).toContain('SameSite=Strict');
  expect(cookie).toContain('Max-Age=43200');
  expect(cookie).not.toContain('Secure');
  expect(cookie).not.toContain(secrets.operator);
});

test.each(['https', 'HTTPS', 'Https, http'])(
  'behind a proxy that says %s the cookie is for HTTPS only',
  async (proto) => {
    const behind = await startTestApi({ trustProxy: 1 });
    const body = new URLSearchParams({ token: secrets.operator, next: '' });
    const headers = { ...fromHere, 'x-forwarded-proto': proto };
    const answer = await fetch(`${behind.url}/admin/login`, { method: 'POST', redirect: 'manual', headers, body });
    await behind.close();
    expect(answer.headers.get('set-cookie')).toContain('; Secure');
  },
);

test.each(['', 'wrong', `${secrets.operator}x`])('the token %j does not sign in', async (token) => {
  const response = await signIn(token);
  expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
  expect(await response.text()).toContain('Unknown token');
  expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'dashboard-sign-in-failed' }));
  const refused = { event: 'request-answered', problem: 'urn:ghostifi:problem:unauthorized' };
  await vi.waitFor(() => expect(api.surroundings.log).toContainEqual(expect.objectContaining(refused)));
});

test('a storefront token does not open the dashboard', async () => {
  const response = await signIn(secrets.storefront);
  expect([response.status, response.headers.get('set-cookie')]).toEqual([403, null]);
});

test('a session reads the API with its own role, and sends no commands', async () => {
  const session = await signedIn('viewer');
  expect((await send('GET', '/v1/servers', session)).status).toBe(200);
  expect((await send('GET', '/v1/alerts', session)).status).toBe(200);
  expect((await send('POST', '/v1/sale', { ...session, ...fromHere })).status).toBe(401);
  const operator = await signedIn('operator');
  expect((await send('DELETE', '/v1/servers/none', { ...operator, ...fromHere })).status).toBe(401);
});

test('signing out clears the session cookie', async () => {
  const session = await signedIn('operator');
  const page = await send('GET', '/admin/logout', session);
  expect(await page.text()).toContain('<b>boss</b>');
  const out = await send('POST', '/admin/logout', { ...session, ...fromHere });
  expect([out.status, out.headers.get('location')]).toEqual([303, '/admin/login']);
  expect(out.headers.get('set-cookie')).toMatch(/^ghostifi_session=;.*Expires=Thu, 01 Jan 1970/);
});

describe('a change requested by another site is rejected', () => {
  test.each<[string, (host: string) => Record<string, string>]>([
    ['cross-site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['same-site, from a sibling domain', () => ({ 'sec-fetch-site': 'same-site' })],
    ['with no site', () => ({ 'sec-fetch-site': 'none' })],
    ['with another origin', () => ({ origin: 'https://evil.example' })],
    ['with our name in another origin', (host) => ({ origin: `http://${host}.evil.example` })],
    ['with another port', () => ({ origin: 'http://127.0.0.1:1' })],
    ['with a hidden origin', () => ({ origin: 'null' })],
    ['that claims both', () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' })],
    ['without an origin', () => ({})],
  ])('%s', async (_what, headersFor) => {
    const session = await signedIn('operator');
    const headers = { ...session, ...headersFor(`127.0.0.1:${api.port}`) };
    for (const path of ['/admin/queues/api/queues/pause', '/admin/logout', '/admin/login']) {
      for (const method of ['PUT', 'POST', 'PATCH']) {
        expect((await send(method, path, headers)).status, `${method} ${path}`).toBe(403);
      }
    }
  });

  test('a change requested by our own page is accepted', async () => {
    const session = await signedIn('operator');
    for (const headers of [fromHere, { origin: api.url }, { origin: api.url, ...fromHere }]) {
      const response = await send('PUT', '/admin/queues/api/queues/pause', { ...session, ...headers });
      expect(await response.text()).toBe('the board');
    }
  });
});

test('no page of the dashboard can be framed, and scripts must be same-origin', async () => {
  for (const path of ['/admin/login', '/admin/queues']) {
    const { headers } = await send('GET', path, await signedIn('viewer'));
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-powered-by')).toBeNull();
  }
  const page = await (await send('GET', '/admin/login')).text();
  expect(page).not.toMatch(/<script|style=|https?:/);
});

test('a next page outside the dashboard is not followed', async () => {
  for (const next of [
    'https://evil.example/',
    '//evil.example/',
    '/v1/servers',
    '/admin/queues"><script>',
    'javascript:1',
  ]) {
    const response = await signIn(secrets.operator, next);
    expect(response.headers.get('location'), next).toBe('/admin/queues');
    const page = await (await send('GET', `/admin/login?next=${encodeURIComponent(next)}`)).text();
    expect(page).toContain('value="/admin/queues"');
  }
});

describe('while the database takes no writes, a sign-in', () => {
  const page = async (response: Response) => ({
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    cookie: response.headers.get('set-cookie'),
    type: response.headers.get('content-type'),
    text: await response.text(),
  });
  const refused = { status: 503, retryAfter: '5', cookie: null, type: 'text/html; charset=utf-8' };

  test('is answered with the form and the cause, and starts no session', async () => {
    const other = new SqliteConnection(api.databaseFile);
    other.exec("CREATE TRIGGER none BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no writes'); END");
    const answer = await page(await signIn(secrets.operator, '/admin/queues/queue/servers'));
    expect(answer).toMatchObject(refused);
    expect(answer.text).toContain('The database takes no writes at the moment. Your token is valid');
    expect(answer.text).toContain('name="next" value="/admin/queues/queue/servers"');
    expect(answer.text).not.toContain(secrets.operator);
    expect(api.surroundings.log).toContainEqual(expect.objectContaining({ event: 'request-failed' }));
    const logged = { event: 'request-answered', problem: 'urn:ghostifi:problem:database-busy' };
    await vi.waitFor(() => expect(api.surroundings.log).toContainEqual(expect.objectContaining(logged)));
    expect((await signIn('wrong')).status).toBe(401);
    other.exec('DROP TRIGGER none');
    other.close();
    expect((await signIn(secrets.operator)).status).toBe(303);
  });

  test.for([
    [new DatabaseBusyError('record event', null), 'takes no writes', 'database-busy'],
    [new DatabaseFullError('record event', null), 'disk of the database is full', 'disk-full'],
  ] as const)('names the cause of %s', async ([error, cause, kind]) => {
    Object.assign(api.store, { recordEvent: () => Promise.reject(error) });
    const answer = await page(await signIn(secrets.viewer));
    expect(answer).toMatchObject(refused);
    expect(answer.text).toContain(cause);
    const logged = { event: 'request-answered', problem: `urn:ghostifi:problem:${kind}` };
    await vi.waitFor(() => expect(api.surroundings.log).toContainEqual(expect.objectContaining(logged)));
  });
});

test('ten failed attempts block the address for unknown tokens, and a known one still signs in', async () => {
  for (let n = 0; n < 10; n += 1) expect((await signIn('wrong')).status).toBe(401);
  expect((await signIn('wrong')).status).toBe(429);
  expect((await signIn(secrets.storefront)).status).toBe(403);
  expect((await signIn(secrets.operator)).status).toBe(303);
  expect((await signIn('wrong')).status).toBe(429);
});
