import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Scope, scopes } from '#db/keys.ts';
import { routes } from '#src/http/routes.ts';
import { startTestApi, type TestApi } from '../api-under-test.ts';
import { type As, secrets } from '../call-and-check.ts';
import { makeKey } from '../make-key.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.close());

const roles = ['viewer', 'storefront', 'operator'] as const;
const open = ['POST /v1/stripe/webhook', 'GET /livez', 'GET /readyz'];
interface Allowed {
  readonly scope: Scope;
  readonly roles: readonly (typeof roles)[number][];
}
/** Who may use a route. Literals on purpose: a change of the routes, their scopes or the presets must fail here. */
const allowed: Readonly<Record<string, Allowed>> = {
  'POST /v1/purchases': { scope: 'purchases:write', roles: ['storefront', 'operator'] },
  'GET /v1/servers': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/servers/{id}': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/servers/{id}/rebuild': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'POST /v1/servers/{id}/suspend': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'POST /v1/servers/{id}/resume': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'GET /v1/schedules': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/servers/{id}/schedule': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'PUT /v1/servers/{id}/schedule': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'DELETE /v1/servers/{id}/schedule': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'POST /v1/schedules/resume': { scope: 'jobs:write', roles: ['operator'] },
  'DELETE /v1/servers/{id}': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/vpn': { scope: 'vpn:read', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/vpn.conf': { scope: 'vpn:read', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/vpn.png': { scope: 'vpn:read', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/devices': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/servers/{id}/devices/{device}': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'POST /v1/servers/{id}/link': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/links': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'DELETE /v1/servers/{id}/links/{link}': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'GET /v1/servers/{id}/history': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/jobs': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/jobs/{id}': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/jobs/{id}/retry': { scope: 'jobs:write', roles: ['operator'] },
  'POST /v1/jobs/{id}/cancel': { scope: 'servers:write', roles: ['storefront', 'operator'] },
  'GET /v1/jobs/{id}/events': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/checkouts': { scope: 'purchases:write', roles: ['storefront', 'operator'] },
  'POST /v1/subscriptions/{id}/portal': { scope: 'purchases:write', roles: ['storefront', 'operator'] },
  'GET /v1/subscriptions': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/subscriptions/{id}': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/subscriptions/{id}/sync': { scope: 'purchases:write', roles: ['storefront', 'operator'] },
  'POST /v1/subscriptions/{id}/release': { scope: 'jobs:write', roles: ['operator'] },
  'GET /v1/locations': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/plans': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/alerts': { scope: 'alerts:read', roles: ['viewer', 'operator'] },
  'GET /v1/settings': { scope: 'audit:read', roles: ['viewer', 'operator'] },
  'GET /v1/statements': { scope: 'money:read', roles: ['viewer', 'operator'] },
  'GET /v1/statements/{day}': { scope: 'money:read', roles: ['viewer', 'operator'] },
  'GET /v1/events': { scope: 'audit:read', roles: ['viewer', 'operator'] },
  'GET /v1/events/{id}': { scope: 'audit:read', roles: ['viewer', 'operator'] },
  'GET /v1/why': { scope: 'audit:read', roles: ['viewer', 'operator'] },
  'GET /v1/keys': { scope: 'keys:write', roles: ['operator'] },
  'POST /v1/keys': { scope: 'keys:write', roles: ['operator'] },
  'POST /v1/keys/{id}/rotate': { scope: 'keys:write', roles: ['operator'] },
  'DELETE /v1/keys/{id}': { scope: 'keys:write', roles: ['operator'] },
  'GET /v1/sale': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'POST /v1/sale': { scope: 'sale:write', roles: ['operator'] },
  'GET /v1/queue': { scope: 'board:read', roles: ['viewer', 'operator'] },
  'POST /v1/queue': { scope: 'board:act', roles: ['operator'] },
  'POST /v1/ordering/resume': { scope: 'sale:write', roles: ['operator'] },
  'GET /v1/tally': { scope: 'alerts:read', roles: ['viewer', 'operator'] },
  'GET /v1/trends': { scope: 'alerts:read', roles: ['viewer', 'operator'] },
  'GET /v1/workers': { scope: 'alerts:read', roles: ['viewer', 'operator'] },
  'GET /v1/jobs/{id}/log': { scope: 'board:read', roles: ['viewer', 'operator'] },
  'GET /v1/customers': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/machines': { scope: 'audit:read', roles: ['viewer', 'operator'] },
  'POST /v1/machines/{id}/remove': { scope: 'machines:remove', roles: ['operator'] },
  'GET /metrics': { scope: 'servers:read', roles: ['viewer', 'storefront', 'operator'] },
  'GET /v1/webhooks': { scope: 'webhooks:write', roles: ['operator'] },
  'POST /v1/webhooks': { scope: 'webhooks:write', roles: ['operator'] },
  'GET /v1/webhooks/{id}': { scope: 'webhooks:write', roles: ['operator'] },
  'PATCH /v1/webhooks/{id}': { scope: 'webhooks:write', roles: ['operator'] },
  'DELETE /v1/webhooks/{id}': { scope: 'webhooks:write', roles: ['operator'] },
  'POST /v1/webhooks/{id}/test': { scope: 'webhooks:write', roles: ['operator'] },
  'POST /v1/webhooks/{id}/rotate': { scope: 'webhooks:write', roles: ['operator'] },
  'POST /v1/webhooks/{id}/replay': { scope: 'webhooks:write', roles: ['operator'] },
  'GET /v1/webhooks/{id}/deliveries': { scope: 'webhooks:write', roles: ['operator'] },
  'POST /v1/deliveries/{id}/retry': { scope: 'webhooks:write', roles: ['operator'] },
};

test('the table of this test has every route', () => {
  const names = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(names.toSorted()).toEqual([...open, ...Object.keys(allowed)].toSorted());
});

test.each(open)('%s is open to anyone', async (name) => {
  const [method = '', path = ''] = name.split(' ');
  const { status } = await api.call(method, path, { as: 'nobody' });
  expect([401, 403]).not.toContain(status);
});

describe.each(Object.entries(allowed))('%s', (name, { scope, roles: allowedRoles }) => {
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
    if (allowedRoles.includes(role)) return expect([401, 403]).not.toContain(status);
    expect(status).toBe(403);
    expect(body).toMatchObject({ needed: scope, scopes: expect.not.arrayContaining([scope]) });
    expect(body.detail).toContain(scope);
  });

  test('lets a key through with this scope alone, and not with all others', async () => {
    const withKey = async (scopes: readonly Scope[]) =>
      attempt('nobody', { authorization: `Bearer ${await makeKey(api, { scopes })}` });
    expect([401, 403]).not.toContain((await withKey([scope])).status);
    const { status, body } = await withKey(scopes.filter((other) => other !== scope));
    expect([status, body.needed]).toEqual([403, scope]);
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
