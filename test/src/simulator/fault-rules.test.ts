import { describe, expect, it } from 'vitest';
import type { Raw } from './raw-client.ts';
import { type RunningSimulator, runSimulator } from './running-simulator.ts';
import { order, rawVultr } from './vultr/client.ts';

async function simulated(options = {}): Promise<{ simulator: RunningSimulator; raw: Raw }> {
  const simulator = await runSimulator(options);
  return { simulator, raw: rawVultr(simulator) };
}

describe('a fault rule', () => {
  it('is injected once by default, and stays listed afterwards', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ id: 'one', kind: 'status', operation: 'os', status: 500 });
    await simulator.injectFault({ id: 'two', kind: 'status', operation: 'os', status: 502, times: 2 });
    const statuses = [];
    for (let call = 0; call < 4; call++) statuses.push((await raw('GET', '/os')).status);
    expect(statuses).toEqual([500, 502, 502, 200]);
    const { body } = await simulator.control('GET', '/faults');
    expect(body).toMatchObject({
      faults: [
        { id: 'one', used: 1 },
        { id: 'two', used: 2 },
      ],
    });
  });

  it('without an end is injected until it is removed', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ id: 'all', kind: 'status', operation: '*', status: 500, times: null });
    for (let call = 0; call < 3; call++) expect((await raw('GET', '/plans')).status).toBe(500);
    expect((await simulator.control('DELETE', '/faults/all')).status).toBe(204);
    expect((await raw('GET', '/plans')).status).toBe(200);
    expect((await simulator.control('DELETE', '/faults/all')).status).toBe(404);
  });

  it('is applied together with other rules to one call', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'late-list', ms: 60_000 });
    await simulator.injectFault({ kind: 'lost', operation: 'create' });
    await expect(raw('POST', '/instances', order())).rejects.toThrow();
    expect(await simulator.calls()).toMatchObject([{ faults: ['late-list', 'lost'] }]);
    expect((await raw('GET', '/instances')).body.meta.total).toBe(0);
  });

  it.each([
    [{ label: 'gf-a-1' }, [500, 202, 202]],
    [{ label: 'gf-a-*' }, [500, 500, 202]],
    [{ region: 'ewr' }, [202, 202, 500]],
    [{ label: 'gf-b-1', region: 'ams' }, [202, 202, 202]],
    [{ client: 'worker-1' }, [500, 202, 202]],
  ])('is injected only into the calls that match %j', async (match, expected) => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'status', operation: 'create', status: 500, times: null, match });
    const orders = [order(), order({ label: 'gf-a-2' }), order({ label: 'gf-b-1', region: 'ewr' })];
    const statuses = [];
    for (const [index, body] of orders.entries()) {
      const headers = { 'x-client-id': `worker-${index + 1}` };
      statuses.push((await raw('POST', '/instances', body, headers)).status);
    }
    expect(statuses).toEqual(expected);
  });

  it('matches the label of a machine that is addressed by its id, even after its removal', async () => {
    const { simulator, raw } = await simulated();
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    await simulator.injectFault({
      kind: 'status',
      operation: 'get',
      status: 503,
      times: 2,
      match: { label: 'gf-a-1' },
    });
    expect((await raw('GET', `/instances/${id}`)).status).toBe(503);
    await raw('DELETE', `/instances/${id}`);
    expect((await raw('GET', `/instances/${id}`)).status).toBe(503);
    expect((await raw('GET', `/instances/${id}`)).status).toBe(404);
  });

  it('does not affect a caller without a key', async () => {
    const { simulator, raw } = await simulated();
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 500 });
    expect((await raw('GET', '/instances', undefined, { authorization: 'x' })).status).toBe(401);
    expect((await raw('GET', '/instances')).status).toBe(500);
  });

  it.each([
    [{ kind: 'slow', operation: 'list' }, 'ms'],
    [{ kind: 'explode', operation: 'list' }, 'kind'],
    [{ kind: 'status', operation: 'list' }, 'status'],
    [{ kind: 'status', operation: 'list', status: 99 }, 'status'],
    [{ kind: 'lost', operation: 'destroy' }, 'operation'],
    [{ kind: 'locked', operation: 'list' }, 'operation'],
    [{ kind: 'lost', operation: 'list', times: 0 }, 'times'],
    [{ kind: 'lost', operation: 'list', match: { tag: 'x' } }, 'match'],
  ])('that is wrong is refused with the path of the wrong field: %j', async (rule, path) => {
    const { simulator } = await simulated();
    const answer = await simulator.control('POST', '/faults', rule);
    expect(answer).toMatchObject({ status: 400, body: { issues: [{ path, message: expect.any(String) }] } });
    expect((await simulator.control('GET', '/faults')).body).toEqual({ faults: [] });
  });
});
