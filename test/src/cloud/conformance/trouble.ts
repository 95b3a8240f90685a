import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { type DriverUnderTest, faultOf, never, owner, type Scene, setUp } from './scene.ts';

const call = ({ driver, spec }: Scene, operation: string, id: string): Promise<unknown> => {
  const calls: Record<string, () => Promise<unknown>> = {
    create: () => driver.create(spec, never),
    list: () => driver.list(owner.installation, never),
    get: () => driver.get(id, never),
    delete: () => driver.remove(id, never),
  };
  return calls[operation]?.() ?? Promise.resolve('no such call');
};

/** The failures of calls, which are the same for every provider. */
export function troubleDemands(under: DriverUnderTest): void {
  it.each(['lost', 'half-body', 'garbage', 'hang'])(
    'a create whose answer is lost by %s ends as unknown',
    async (kind) => {
      const { open, spec, settle, simulator } = await setUp(under);
      const when = kind === 'lost' || kind === 'hang' ? { when: 'after' } : {};
      await simulator.injectFault({ kind, operation: 'create', ...when });
      const driver = open({ deadlineMs: kind === 'hang' ? 1000 : 5000 });
      expect(await faultOf(driver.create(spec, never))).toBe('unknown');
      settle();
      expect(await driver.find(spec.name, owner, never)).toHaveLength(1);
      const creates = (await simulator.calls()).filter(({ operation }) => operation === 'create');
      expect(creates).toMatchObject([{ faults: [kind] }]);
    },
  );

  it.each([
    ['create', 500, 'unknown'],
    ['create', 503, 'unknown'],
    ['create', 401, 'not-allowed'],
    ['create', 402, 'not-allowed'],
    ['create', 403, 'not-allowed'],
    ['create', 429, 'rate-limited'],
    ['create', 422, 'rejected'],
    ['list', 500, 'unavailable'],
    ['list', 429, 'rate-limited'],
    ['list', 404, 'rejected'],
    ['get', 503, 'unavailable'],
    ['get', 404, 'no error but null'],
    ['delete', 404, 'no error but undefined'],
    ['delete', 500, 'unavailable'],
    ['delete', 403, 'not-allowed'],
  ])('a %s with the status %i ends as %s', async (operation, status, fault) => {
    const scene = await setUp(under);
    await scene.simulator.injectFault({ kind: 'status', operation, status });
    expect(await faultOf(call(scene, operation, under.unknownId))).toBe(fault);
  });

  it.each(['seconds', 'date'])('a 429 with its wait in %s gives that wait', async (as) => {
    const { driver, simulator } = await setUp(under);
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 429, retryAfter: { seconds: 90, as } });
    const error = await driver.list(owner.installation, never).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'rate-limited', retryAfterMs: expect.closeTo(90_000, -4) });
  });

  it.each(['get', 'delete'])(
    'a 404 to a %s that is not from the provider does not count as gone',
    async (operation) => {
      const scene = await setUp(under);
      await scene.simulator.injectFault({ kind: 'status', operation, status: 404, body: '<html>Not Found</html>' });
      expect(await faultOf(call(scene, operation, under.unknownId))).toBe('rejected');
    },
  );

  it.each(['', '../account', 'a/b', '?tag_name=x', '1?x=y'])(
    'no call is made for the impossible id "%s"',
    async (id) => {
      const { driver, simulator } = await setUp(under);
      expect(await faultOf(driver.get(id, never))).toBe('rejected');
      expect(await faultOf(driver.remove(id, never))).toBe('rejected');
      expect(await simulator.calls()).toEqual([]);
    },
  );

  it('a wrong key ends as not-allowed, and is in no error', async () => {
    const { open } = await setUp(under);
    const apiKey = 'not-the-right-key-0123456789';
    const error = await open({ apiKey })
      .account(never)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: 'not-allowed' });
    expect(inspect(error, { depth: 9 })).not.toContain(apiKey);
  });

  it('a call that is aborted before its start ends with the reason', async () => {
    const { driver, simulator, spec } = await setUp(under);
    const reason = new Error('too late');
    await expect(driver.create(spec, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(driver.list(owner.installation, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await simulator.calls()).toEqual([]);
  });
}
