import { expect, it } from 'vitest';
import { checkedBy, contractsAreHere, unlessAbsent } from '../../cloud/contract.ts';
import { faultOf, hostname, never, setUp } from './scene.ts';

const both = { ipv4: '198.18.0.2', ipv6: '2001:db8::1' };

it.skipIf(!contractsAreHere)(
  `Cloudflare's document allows every request of the driver, and the simulator every answer to it${unlessAbsent}`,
  async () => {
    const { simulator, open, put, raw, zonePath } = await setUp();
    const checked = await checkedBy('cloudflare-dns', simulator.apiUrl('cloudflare'));
    const dns = open({ fetch: checked.fetch });
    await dns.point(hostname, both, never);
    await put('A', '203.0.113.1');
    await dns.point(hostname, { ipv4: '198.18.0.3', ipv6: null }, never);
    await dns.read(hostname, never);
    await simulator.injectFault({
      kind: 'status',
      operation: 'list-records',
      status: 200,
      body: (await raw('GET', zonePath)).body,
    });
    await dns.remove(hostname, ['198.18.0.3'], never);
    await dns.remove(hostname, ['198.18.0.3'], never);
    await put('CNAME', 'elsewhere.example.com');
    expect(await faultOf(dns.point(hostname, both, never))).toBe('rejected');
    await simulator.injectFault({ kind: 'status', operation: 'list-records', status: 429 });
    expect(await faultOf(dns.read(hostname, never))).toBe('rate-limited');
    expect(await faultOf(open({ fetch: checked.fetch, apiToken: 'wrong' }).read(hostname, never))).toBe('not-allowed');
    expect(checked.violations).toEqual([]);
  },
);

it.skipIf(!contractsAreHere)(`a record that the document does not allow is reported${unlessAbsent}`, async () => {
  const { simulator } = await setUp();
  const { contract } = await checkedBy('cloudflare-dns', simulator.url);
  const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };
  const exchange = { method: 'POST', url: `/zones/${'0'.repeat(32)}/dns_records`, headers };
  const body = { type: 'A', name: hostname, content: '198.18.0.2', ttl: 120, proxied: false, comment: 'x' };
  expect(contract.checkRequest({ ...exchange, body })).toEqual([]);
  expect(contract.checkRequest({ ...exchange, body: { ...body, flavour: 'vanilla' } })).not.toEqual([]);
});
