import { describe, expect, it, vi } from 'vitest';
import { vultr } from '#src/cloud/vultr.ts';
import { manualClock } from '../simulator/manual-clock.ts';
import { runSimulator } from '../simulator/running-simulator.ts';
import { driverOf, faultOf, never, owner, spec } from './vultr-driver.ts';

describe('a create at Vultr that loses its answer', () => {
  it.each(['lost', 'half-body', 'garbage', 'hang'])('by %s is unknown, and its machine is found', async (kind) => {
    const simulator = await runSimulator();
    const when = kind === 'lost' || kind === 'hang' ? { when: 'after' } : {};
    await simulator.spoil({ kind, operation: 'create', ...when });
    const driver = driverOf(simulator, kind === 'hang' ? 100 : 5000);
    expect(await faultOf(driver.create(spec, never))).toBe('unknown');
    expect(await driver.find(spec.name, owner, never)).toHaveLength(1);
    expect(await simulator.calls()).toMatchObject([{ operation: 'create', faults: [kind] }, {}, {}]);
  });

  it('is found only later where the provider lists late, though a get by id knows it', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    const driver = driverOf(simulator);
    await simulator.spoil({ kind: 'late-list', operation: 'create', ms: 3000 });
    await simulator.spoil({ kind: 'lost', operation: 'create' });
    expect(await faultOf(driver.create(spec, never))).toBe('unknown');
    const id = (await simulator.machines())[0]?.id ?? '';
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    expect(await driver.list('test', never)).toEqual([]);
    expect(await driver.get(id, never)).toMatchObject({ name: spec.name });
    clock.advance(3000);
    expect(await driver.find(spec.name, owner, never)).toHaveLength(1);
  });

  it('is not abandoned when the caller stops', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock });
    await simulator.spoil({ kind: 'slow', operation: 'create', when: 'after', ms: 1000 });
    const abort = new AbortController();
    const made = driverOf(simulator).create(spec, abort.signal);
    await vi.waitFor(() => expect(clock.waiting()).toBe(1));
    abort.abort(new Error('shutting down'));
    clock.advance(1000);
    expect(await made).toMatchObject({ name: spec.name });
  });
});

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
    ['create', 400, 'Invalid plan.', 'rejected'],
    ['create', 422, 'hostname is wrong', 'rejected'],
    ['create', 401, 'Invalid API token.', 'not-allowed'],
    ['create', 400, 'Unauthorized IP address: 192.0.2.1', 'not-allowed'],
    ['create', 403, 'Forbidden', 'not-allowed'],
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
    await simulator.spoil({ kind: 'status', operation, status, error });
    const driver = driverOf(simulator);
    const calls: Record<string, () => Promise<unknown>> = {
      create: () => driver.create(spec, never),
      list: () => driver.list('test', never),
      get: () => driver.get('some-id', never),
      delete: () => driver.remove('some-id', never),
    };
    expect(await faultOf(calls[operation]?.() ?? Promise.resolve('no such call'))).toBe(fault);
  });

  it.each(['seconds', 'date'])('carry the wait of a 429 that gives it in %s', async (as) => {
    const simulator = await runSimulator();
    await simulator.spoil({ kind: 'status', operation: 'list', status: 429, retryAfter: { seconds: 90, as } });
    const error = await driverOf(simulator)
      .list('test', never)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'rate-limited', retryAfterMs: expect.closeTo(90_000, -4) });
  });

  it.each(['get', 'delete'])('do not include a 404 to a %s from somebody who is not Vultr', async (operation) => {
    const simulator = await runSimulator();
    await simulator.spoil({ kind: 'status', operation, status: 404, body: '<html>Not Found</html>' });
    const driver = driverOf(simulator);
    const call = operation === 'get' ? driver.get('some-id', never) : driver.remove('some-id', never);
    expect(await faultOf(call)).toBe('rejected');
  });

  it.each(['', '../account', 'a/b', 'a?b'])('come without any call for the impossible id "%s"', async (id) => {
    const simulator = await runSimulator();
    const driver = driverOf(simulator);
    expect(await faultOf(driver.get(id, never))).toBe('rejected');
    expect(await faultOf(driver.remove(id, never))).toBe('rejected');
    expect(await simulator.calls()).toEqual([]);
  });

  it('say that the key is wrong, and not which key', async () => {
    const simulator = await runSimulator();
    const apiKey = 'not-the-right-key';
    const driver = vultr({ name: 'vultr', apiUrl: simulator.vultrUrl, apiKey });
    await expect(driver.account(never)).rejects.toThrow('vultr: GET /account was answered 401: "Invalid API token."');
  });
});
