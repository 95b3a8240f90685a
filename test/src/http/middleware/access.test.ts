import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { routes } from '#src/http/routes.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { type As, secrets } from '../call-and-check.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const roles = ['viewer', 'storefront', 'operator'] as const;
const open = ['POST /v1/stripe/webhook', 'GET /livez', 'GET /readyz'];
/** Who may use a route. Literals on purpose: a change of the routes or of their access levels must fail here. */
const allowedRoles: Readonly<Record<string, readonly (typeof roles)[number][]>> = {
  'POST /v1/purchases': ['storefront', 'operator'],
  'GET /v1/servers': ['viewer', 'storefront', 'operator'],
  'GET /v1/servers/{id}': ['viewer', 'storefront', 'operator'],
  'POST /v1/servers/{id}/rebuild': ['storefront', 'operator'],
  'POST /v1/servers/{id}/suspend': ['storefront', 'operator'],
  'POST /v1/servers/{id}/resume': ['storefront', 'operator'],
  'GET /v1/servers/{id}/schedule': ['viewer', 'storefront', 'operator'],
  'PUT /v1/servers/{id}/schedule': ['storefront', 'operator'],
  'DELETE /v1/servers/{id}/schedule': ['storefront', 'operator'],
  'POST /v1/schedules/resume': ['operator'],
  'DELETE /v1/servers/{id}': ['storefront', 'operator'],
  'GET /v1/servers/{id}/vpn': ['storefront', 'operator'],
  'GET /v1/servers/{id}/vpn.conf': ['storefront', 'operator'],
  'GET /v1/servers/{id}/vpn.png': ['storefront', 'operator'],
  'GET /v1/servers/{id}/devices': ['viewer', 'storefront', 'operator'],
  'POST /v1/servers/{id}/devices/{device}': ['storefront', 'operator'],
  'POST /v1/servers/{id}/link': ['storefront', 'operator'],
  'GET /v1/servers/{id}/links': ['viewer', 'storefront', 'operator'],
  'DELETE /v1/servers/{id}/links/{link}': ['storefront', 'operator'],
  'GET /v1/servers/{id}/history': ['viewer', 'storefront', 'operator'],
  'GET /v1/jobs': ['viewer', 'storefront', 'operator'],
  'GET /v1/jobs/{id}': ['viewer', 'storefront', 'operator'],
  'POST /v1/jobs/{id}/retry': ['operator'],
  'POST /v1/jobs/{id}/cancel': ['storefront', 'operator'],
  'GET /v1/jobs/{id}/events': ['viewer', 'storefront', 'operator'],
  'POST /v1/checkouts': ['storefront', 'operator'],
  'POST /v1/subscriptions/{id}/portal': ['storefront', 'operator'],
  'GET /v1/subscriptions': ['viewer', 'storefront', 'operator'],
  'GET /v1/subscriptions/{id}': ['viewer', 'storefront', 'operator'],
  'POST /v1/subscriptions/{id}/sync': ['storefront', 'operator'],
  'POST /v1/subscriptions/{id}/release': ['operator'],
  'GET /v1/locations': ['viewer', 'storefront', 'operator'],
  'GET /v1/plans': ['viewer', 'storefront', 'operator'],
  'GET /v1/alerts': ['viewer', 'operator'],
  'GET /v1/statements': ['viewer', 'operator'],
  'GET /v1/statements/{day}': ['viewer', 'operator'],
  'GET /v1/events': ['viewer', 'operator'],
  'GET /v1/events/{id}': ['viewer', 'operator'],
  'GET /v1/why': ['viewer', 'operator'],
  'GET /v1/sale': ['viewer', 'storefront', 'operator'],
  'POST /v1/sale': ['operator'],
  'GET /v1/queue': ['viewer', 'operator'],
  'POST /v1/queue': ['operator'],
  'POST /v1/ordering/resume': ['operator'],
  'GET /v1/machines': ['viewer', 'operator'],
  'POST /v1/machines/{id}/remove': ['operator'],
  'GET /metrics': ['viewer', 'storefront', 'operator'],
};

test('the table of this test has every route', () => {
  const names = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(names.toSorted()).toEqual([...open, ...Object.keys(allowedRoles)].toSorted());
});

test.each(open)('%s is open to anyone', async (name) => {
  const [method = '', path = ''] = name.split(' ');
  const { status } = await api.call(method, path, { as: 'nobody' });
  expect([401, 403]).not.toContain(status);
});

describe.each(Object.entries(allowedRoles))('%s', (name, allowed) => {
  const [method = '', path = ''] = name.split(' ');
  const attempt = (as: As, headers = {}) =>
    api.call(method, path.replace('{id}', 'none').replace('{device}', '1').replace('{link}', 'none'), { as, headers });

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

  test.each(roles)('lets a %s through only if the table of this test names the role', async (role) => {
    const { status, body } = await attempt(role);
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
