import { describe, expect, it } from 'vitest';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { order, rawVultr } from '../../simulator/vultr/client.ts';
import { checkedBy, contractsAreHere, unlessAbsent } from '../contract.ts';

describe.skipIf(!contractsAreHere)(`Vultr's official document${unlessAbsent}`, () => {
  it('allows every further answer of the simulator, without unknown fields', async () => {
    const simulator = await runSimulator({ bootMs: 60_000, lockMs: 60_000 });
    const { contract } = await checkedBy('vultr', simulator.apiUrl('vultr'));
    const raw = rawVultr(simulator);
    const asked = async (method: string, url: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await raw(method, url, body, headers);
      const exchange = { method, url, status: answer.status, body: answer.body };
      expect(contract.checkResponse(exchange, { strict: true })).toEqual([]);
      return answer;
    };
    const made = await asked('POST', '/instances', order({ tags: ['a'], enable_ipv6: true, user_data: 'eA==' }));
    const url = `/instances/${made.body.instance.id}`;
    const answers = [
      made,
      await asked('PATCH', url, { label: 'other', tags: ['b'] }),
      await asked('GET', `${url}/user-data`),
      await asked('DELETE', url),
      await asked('GET', '/instances?label=other&tag=b&region=ams&main_ip=0.0.0.0&per_page=1'),
      await asked('GET', '/os'),
      await asked('GET', '/plans?type=vhf'),
      await asked('GET', '/regions?per_page=2'),
      await asked('GET', '/regions/ams/availability'),
      await asked('GET', '/regions/atlantis/availability'),
      await asked('GET', '/instances?per_page=501'),
      await asked('GET', '/instances', undefined, { authorization: 'Bearer wrong' }),
      await asked('POST', '/instances', order({ flavour: 'vanilla' })),
    ];
    const statuses = answers.map((answer) => answer.status);
    expect(statuses).toEqual([202, 202, 200, 500, 200, 200, 200, 200, 200, 404, 400, 401, 400]);
  });

  it.each(['status', 'locked'])('allows the answer of a %s fault', async (kind) => {
    const simulator = await runSimulator();
    const { contract } = await checkedBy('vultr', simulator.apiUrl('vultr'));
    await simulator.injectFault({ kind, operation: 'delete', ...(kind === 'status' ? { status: 503 } : {}) });
    const { status, body } = await rawVultr(simulator)('DELETE', '/instances/x');
    expect(contract.checkResponse({ method: 'DELETE', url: '/instances/x', status, body })).toEqual([]);
    expect(status).toBe(kind === 'status' ? 503 : 500);
  });
});
