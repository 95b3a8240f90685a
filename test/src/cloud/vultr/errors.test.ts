import { describe, expect, it } from 'vitest';
import { vultr } from '#src/cloud/vultr/vultr.ts';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { faultOf, never } from '../conformance/scene.ts';
import { driverOf, spec } from './driver.ts';

describe("Vultr's errors", () => {
  const maximum = 'Server add failed: You have reached the maximum number of active virtual machines for this account.';
  it.each([
    ['create', 500, 'Internal error', 'unknown'],
    ['create', 503, 'Try later', 'unknown'],
    ['create', 500, 'Server is currently locked', 'unknown'],
    ['create', 500, maximum, 'capacity'],
    ['create', 400, maximum, 'capacity'],
    ['create', 403, maximum, 'capacity'],
    ['create', 400, 'This plan is sold out.', 'capacity'],
    ['create', 400, 'Plan vc2-1c-1gb is not available in ams.', 'capacity'],
    ['create', 400, 'Invalid plan chosen.', 'not-offered'],
    ['create', 400, 'Invalid region.', 'not-offered'],
    ['create', 400, 'Invalid os_id.', 'no-image'],
    ['create', 400, 'Invalid OS.', 'no-image'],
    ['create', 422, 'hostname is wrong', 'rejected'],
    ['create', 401, 'Invalid API token.', 'not-allowed'],
    ['create', 400, 'Unauthorized IP address: 192.0.2.1', 'not-allowed'],
    ['create', 403, 'Forbidden', 'not-allowed'],
    ['create', 400, 'Your account must be verified before you deploy.', 'not-allowed'],
    ['create', 412, 'Insufficient funds: add a credit card.', 'not-allowed'],
    ['create', 400, 'This user lacks the permission "provisioning".', 'not-allowed'],
    ['create', 429, 'Slow down', 'rate-limited'],
    ['create', 503, 'Rate limit reached, please try again later', 'unknown'],
    ['list', 503, 'Rate limit reached, please try again later', 'rate-limited'],
    ['list', 500, 'Internal error', 'unavailable'],
    ['list', 404, 'Not found', 'rejected'],
    ['get', 500, 'Internal error', 'unavailable'],
    ['get', 400, 'Invalid instance ID format?', 'no error but null'],
    ['get', 400, 'invalid instance ID', 'no error but null'],
    ['get', 404, 'Invalid instance-id', 'no error but null'],
    ['get', 400, 'Something else', 'rejected'],
    ['delete', 404, 'Invalid instance ID', 'no error but undefined'],
    ['delete', 400, 'invalid instance ID', 'no error but undefined'],
    ['delete', 500, 'Unable to destroy server: Already pending destruction', 'no error but undefined'],
    ['delete', 500, 'Unable to remove VM: Server is currently locked', 'busy'],
    ['delete', 423, 'Wait', 'busy'],
    ['delete', 500, 'Internal error', 'unavailable'],
    ['delete', 403, 'Forbidden', 'not-allowed'],
  ])('to a %s: %i "%s" means %s', async (operation, status, error, fault) => {
    const simulator = await runSimulator();
    await simulator.injectFault({ kind: 'status', operation, status, error });
    const driver = driverOf(simulator);
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => driver.create(spec, never),
      list: () => driver.list('test', never),
      get: () => driver.get('some-id', never),
      delete: () => driver.remove('some-id', never),
    };
    expect(await faultOf(calls[operation]?.() ?? Promise.resolve('no such call'))).toBe(fault);
  });

  it('report a wrong key without the key', async () => {
    const simulator = await runSimulator();
    const apiKey = 'not-the-right-key';
    const driver = vultr({ name: 'vultr', apiUrl: simulator.apiUrl('vultr'), apiKey });
    await expect(driver.account(never)).rejects.toThrow('vultr: GET /account got status 401: "Invalid API token."');
  });
});
