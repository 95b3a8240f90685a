import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { access } from '#src/http/middleware/access.ts';
import { routes } from '#src/http/routes.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { type As, secrets } from '../call-and-check.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const roles = ['viewer', 'storefront', 'operator'] as const;
const table = routes.map((route) => ({ ...route, name: `${route.method.toUpperCase()} ${route.path}` }));
const guarded = table.filter(({ access }) => access !== 'anyone');
const pathOf = (path: string) => path.replace('{id}', 'none');

test('exactly the health routes are open to anyone', () => {
  const open = table.filter(({ access }) => access === 'anyone').map(({ name }) => name);
  expect(open).toEqual(['GET /livez', 'GET /readyz']);
});

test('every route has an access level', () => {
  for (const { name, access: needed } of table) expect(Object.keys(access), name).toContain(needed);
});

describe.each(guarded)('$name', ({ method, path, access: needed }) => {
  const attempt = (as: As, headers = {}) => api.call(method.toUpperCase(), pathOf(path), { as, headers });

  test('answers 401 without a token', async () => {
    const { status, headers } = await attempt('nobody');
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer realm="ghostifi"');
  });

  test.each([
    'Bearer wrong-secret',
    'Bearer ',
    'Bearer',
    `Basic ${Buffer.from(`boss:${secrets.operator}`).toString('base64')}`,
    secrets.operator,
    `Bearer ${secrets.operator}x`,
    `Bearer ${secrets.operator} ${secrets.viewer}`,
  ])('answers 401 to the authorization %j', async (authorization) => {
    const { status, headers } = await attempt('nobody', { authorization });
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer /);
  });

  test.each(roles)('lets a %s through only if its access includes the role', async (role) => {
    const { status, body } = await attempt(role);
    const allowed: readonly string[] = access[needed];
    if (allowed.includes(role)) return expect([401, 403]).not.toContain(status);
    expect(status).toBe(403);
    expect(body).toMatchObject({ role, needed: allowed });
    for (const other of allowed) expect(body.detail).toContain(other);
  });
});

test('a lower-case bearer scheme is accepted', async () => {
  const { status } = await api.call('GET', '/v1/servers', {
    as: 'nobody',
    headers: { authorization: `bearer ${secrets.viewer}` },
  });
  expect(status).toBe(200);
});

test('the log names the token of a rejected request', async () => {
  const requestId = 'refused-look';
  await api.call('POST', '/v1/purchases', { as: 'viewer', headers: { 'x-request-id': requestId } });
  await vi.waitFor(() => {
    const line = api.surroundings.log.find((entry) => entry.requestId === requestId && 'res' in entry);
    expect(line).toMatchObject({ event: 'request-answered', res: { statusCode: 403 }, caller: 'look' });
  });
});

test('no answer may be framed', async () => {
  const { headers } = await api.call('GET', '/v1/servers');
  expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(headers.get('x-frame-options')).toBe('DENY');
});

test('no secret is ever logged', () => {
  const text = JSON.stringify(api.surroundings.log);
  for (const secret of [...Object.values(secrets), 'wrong-secret']) expect(text).not.toContain(secret);
  expect(text).toContain('requestId');
});
