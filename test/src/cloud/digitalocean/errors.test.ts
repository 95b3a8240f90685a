import { describe, expect, it } from 'vitest';
import { digitalocean } from '#src/cloud/digitalocean/digitalocean.ts';
import { faultOf, never, owner } from '../conformance/scene.ts';
import { json, oddServer } from '../odd-server.ts';

const spec = { name: 'gf-srv-1-1', owner, location: 'ams3', plan: 's-1vcpu-1gb', userData: null };
const at = new Date('2026-01-01T00:00:00Z');

async function answeredBy(status: number, body: object, headers: Record<string, string> = {}) {
  const server = await oddServer((_request, response) => json(response, status, body, headers));
  return digitalocean({ name: 'digitalocean', apiUrl: server.url, apiKey: 'key-of-ours', now: () => at });
}

describe("DigitalOcean's errors", () => {
  it.each([
    [
      'create',
      422,
      'unprocessable_entity',
      'creating this/these droplet(s) will exceed your droplet limit',
      'capacity',
    ],
    ['create', 422, 'unprocessable_entity', 'size is unavailable', 'capacity'],
    ['create', 422, 'unprocessable_entity', 'Size is not available in this region.', 'capacity'],
    ['create', 422, 'unprocessable_entity', 'Region is not available', 'capacity'],
    ['create', 422, 'unprocessable_entity', 'You specified an invalid image for Droplet creation.', 'no-image'],
    ['create', 422, 'unprocessable_entity', 'You specified an invalid size for Droplet creation.', 'not-offered'],
    ['create', 422, 'unprocessable_entity', 'You specified an invalid region for Droplet creation.', 'not-offered'],
    ['create', 500, 'server_error', 'You specified an invalid image for Droplet creation.', 'unknown'],
    ['create', 403, 'forbidden', 'Your account is still being finalized.', 'busy'],
    ['create', 422, 'unprocessable_entity', 'Please verify your account to create droplets.', 'not-allowed'],
    ['create', 422, 'unprocessable_entity', 'Please add a payment method.', 'not-allowed'],
    ['create', 422, 'unprocessable_entity', 'Size is restricted, please send an additional payment', 'not-allowed'],
    ['create', 422, 'unprocessable_entity', 'You are not allowed to perform this operation', 'not-allowed'],
    ['create', 422, 'account_locked', 'Something that nobody has seen', 'not-allowed'],
    ['create', 412, 'precondition_failed', 'Your token has expired', 'not-allowed'],
    ['create', 400, 'bad_request', 'unexpected token at line 1', 'rejected'],
    ['create', 500, 'server_error', 'Your account could not be read', 'unknown'],
    ['create', 403, 'forbidden', 'You are not authorized to perform this operation', 'not-allowed'],
    ['create', 401, 'unauthorized', 'Unable to authenticate you.', 'not-allowed'],
    ['create', 429, 'too_many_requests', 'API rate limit exceeded.', 'rate-limited'],
    ['create', 400, 'too_many_requests', 'API rate limit exceeded.', 'rate-limited'],
    ['create', 500, 'server_error', 'Unexpected server-side error', 'unknown'],
    ['create', 504, 'server_error', 'Droplet already has a pending event.', 'unknown'],
    ['delete', 422, 'unprocessable_entity', 'Droplet already has a pending event.', 'busy'],
    ['delete', 422, 'unprocessable_entity', 'Something else', 'rejected'],
    ['delete', 404, 'not_found', 'The resource you were accessing could not be found.', 'no error but undefined'],
    ['get', 404, 'not_found', 'The resource you were accessing could not be found.', 'no error but null'],
    ['get', 503, 'service_unavailable', 'Server Error', 'unavailable'],
  ])('to a %s: %i %s "%s" means %s', async (operation, status, id, message, fault) => {
    const driver = await answeredBy(status, { id, message, request_id: 'r' });
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => driver.create(spec, never),
      get: () => driver.get('7', never),
      delete: () => driver.remove('7', never),
    };
    expect(await faultOf(calls[operation]?.() ?? Promise.resolve('no such call'))).toBe(fault);
  });

  it.each([
    [{ 'ratelimit-reset': '1767225690' }, 90_000],
    [{ 'ratelimit-reset': '1767225690', 'retry-after': '3' }, 3000],
    [{ 'ratelimit-reset': 'soon' }, null],
    [{}, null],
  ])('a 429 with the headers %j ends after %s ms', async (headers, retryAfterMs) => {
    const driver = await answeredBy(429, { id: 'too_many_requests', message: 'API rate limit exceeded.' }, headers);
    const error = await driver.account(never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'rate-limited', retryAfterMs });
  });

  it('only a 429 gives the end of a limit', async () => {
    const driver = await answeredBy(503, { id: 'x', message: 'y' }, { 'ratelimit-reset': '1767225690' });
    const error = await driver.account(never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'unavailable', retryAfterMs: null });
  });
});
