import { describe, expect, it } from 'vitest';
import { hetzner } from '#src/cloud/hetzner/hetzner.ts';
import { faultOf, never, owner } from '../conformance/scene.ts';
import { json, oddServer } from '../odd-server.ts';

const spec = { name: 'gf-srv-1-1', owner, location: 'fsn1', plan: 'cx23', userData: null };

async function answeredBy(status: number, body: object, headers: Record<string, string> = {}) {
  const server = await oddServer((_request, response) => json(response, status, body, headers));
  return hetzner({ name: 'hetzner', apiUrl: server.url, apiKey: 'key-of-ours' });
}

describe("Hetzner's errors", () => {
  it.each([
    ['create', 409, 'uniqueness_error', 'server name is already used', 'name-taken'],
    ['create', 409, 'conflict', 'the resource has changed during the request', 'busy'],
    ['create', 412, 'resource_unavailable', 'error during placement', 'capacity'],
    ['create', 422, 'placement_error', 'error during placement', 'capacity'],
    ['create', 403, 'resource_limit_exceeded', 'server limit reached', 'capacity'],
    ['create', 403, 'forbidden', 'insufficient permissions', 'not-allowed'],
    ['create', 401, 'token_readonly', 'token is only allowed to perform GET requests', 'not-allowed'],
    ['create', 401, 'unauthorized', 'unable to authenticate', 'not-allowed'],
    ['create', 423, 'resource_locked', 'contact support', 'not-allowed'],
    ['create', 412, 'payment_required', 'whatever', 'not-allowed'],
    ['create', 422, 'invalid_input', 'account is not verified', 'not-allowed'],
    ['create', 422, 'robot_unavailable', 'robot was not available', 'unavailable'],
    ['delete', 423, 'resource_locked', 'contact support', 'rejected'],
    ['create', 403, 'maintenance', 'maintenance', 'unavailable'],
    ['create', 422, 'invalid_input', 'unsupported location for server type', 'not-offered'],
    ['create', 422, 'invalid_input', 'server type 1 is deprecated', 'not-offered'],
    ['create', 422, 'invalid_input', "invalid input in field 'server_type'", 'not-offered'],
    ['create', 422, 'invalid_input', "invalid input in fields 'name', 'location'", 'not-offered'],
    ['create', 404, 'not_found', 'server_type not found', 'not-offered'],
    ['create', 422, 'invalid_input', 'image not found', 'no-image'],
    ['create', 422, 'invalid_input', "invalid input in field 'image'", 'no-image'],
    ['create', 422, 'invalid_input', "invalid input in field 'labels'", 'rejected'],
    ['delete', 422, 'invalid_input', 'image not found', 'rejected'],
    ['create', 422, 'service_error', 'error within a service', 'unavailable'],
    ['create', 423, 'locked', 'the item is locked', 'busy'],
    ['create', 429, 'rate_limit_exceeded', 'limit of 3600 requests per hour reached', 'rate-limited'],
    ['create', 500, 'server_error', 'internal error', 'unknown'],
    ['create', 503, 'unavailable', 'service unavailable', 'unknown'],
    ['create', 504, 'timeout', 'the request could not be answered in time', 'unknown'],
    ['create', 502, 'conflict', 'whatever', 'unknown'],
    ['create', 503, 'resource_unavailable', 'error during placement', 'capacity'],
    ['create', 422, 'constructor', 'no code of theirs', 'rejected'],
    ['delete', 423, 'locked', 'server is locked', 'busy'],
    ['delete', 423, 'protected', 'server deletion is protected', 'rejected'],
    ['delete', 404, 'not_found', 'server not found', 'no error but undefined'],
    ['delete', 404, 'deprecated_api_endpoint', 'API functionality was removed', 'rejected'],
    ['get', 404, 'not_found', 'server not found', 'no error but null'],
    ['get', 404, 'deprecated_api_endpoint', 'API functionality was removed', 'rejected'],
    ['get', 504, 'timeout', 'the request could not be answered in time', 'unavailable'],
  ])('to a %s: %i %s "%s" means %s', async (operation, status, code, message, fault) => {
    const driver = await answeredBy(status, { error: { code, message, details: null } });
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => driver.create(spec, never),
      get: () => driver.get('7', never),
      delete: () => driver.remove('7', never),
    };
    expect(await faultOf(calls[operation]?.() ?? Promise.resolve('no such call'))).toBe(fault);
  });

  it.each([
    [{ 'ratelimit-reset': '4102444800' }, 15_000],
    [{ 'retry-after': '3', 'ratelimit-reset': '4102444800' }, 3000],
  ])('a 429 with the headers %j ends after %i ms, before the whole budget is back', async (headers, wait) => {
    const driver = await answeredBy(429, { error: { code: 'rate_limit_exceeded', message: 'x' } }, headers);
    const error = await driver.list('test', never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'rate-limited', retryAfterMs: wait });
  });

  it('contain no root password from an invalid answer', async () => {
    const driver = await answeredBy(201, { server: { id: 'seven' }, root_password: 'hunter2' });
    const error = await driver.create(spec, never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'unknown', message: expect.not.stringContaining('hunter2') });
  });
});
