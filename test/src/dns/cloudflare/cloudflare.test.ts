import { describe, expect, it } from 'vitest';
import { hostname, never, type Scene, setUp } from './scene.ts';

const both = { ipv4: '198.18.0.2', ipv6: '2001:db8::1' };
const v4 = { ipv4: '198.18.0.3', ipv6: null };

const changes = async ({ simulator }: Scene) =>
  (await simulator.calls()).map(({ operation }) => operation).filter((operation) => /-record$/.test(operation));

describe('pointing a name', () => {
  it('makes one A and one AAAA record, with a short TTL and without the proxy', async () => {
    const { dns, records, raw, zonePath } = await setUp();
    await dns.point(hostname, both, never);
    expect(await records()).toEqual([`${hostname} A 198.18.0.2`, `${hostname} AAAA 2001:db8::1`]);
    for (const record of (await raw('GET', zonePath)).body.result)
      expect(record).toMatchObject({ ttl: 120, proxied: false, comment: 'ghostifi test' });
    expect(await dns.read(hostname, never)).toEqual(['198.18.0.2', '2001:db8::1']);
  });

  it('changes nothing if all records are right, and lists once', async () => {
    const { dns, simulator } = await setUp();
    expect(await dns.point(hostname, both, never)).toBe(true);
    const before = (await simulator.calls()).at(-1)?.seq ?? 0;
    expect(await dns.point(hostname, both, never)).toBe(false);
    expect((await simulator.calls(before)).map(({ operation }) => operation)).toEqual(['list-records']);
  });

  it('overwrites the record, because a second one would send half of the clients to the old machine', async () => {
    const scene = await setUp();
    await scene.dns.point(hostname, both, never);
    await scene.dns.point(hostname, v4, never);
    expect(await scene.records()).toEqual([`${hostname} A 198.18.0.3`]);
    expect(await changes(scene)).toEqual(['create-record', 'create-record', 'update-record', 'delete-record']);
  });

  it('keeps one of several records, and corrects its proxy and TTL', async () => {
    const { dns, put, records, raw, zonePath } = await setUp();
    await put('A', '203.0.113.1');
    await put('A', '198.18.0.3', hostname, { ttl: 1, proxied: true });
    await put('A', '203.0.113.2');
    expect(await dns.point(hostname, v4, never)).toBe(true);
    expect(await records()).toEqual([`${hostname} A 198.18.0.3`]);
    expect((await raw('GET', zonePath)).body.result[0]).toMatchObject({ ttl: 120, proxied: false });
  });

  it.each([{ proxied: true }, { ttl: 3600 }])(
    'corrects a record with the right address that somebody made %j',
    async (changes) => {
      const { dns, put, raw, zonePath } = await setUp();
      await put('A', v4.ipv4, hostname, changes);
      expect(await dns.point(hostname, v4, never)).toBe(true);
      expect((await raw('GET', zonePath)).body.result).toMatchObject([{ ttl: 120, proxied: false }]);
    },
  );

  it('changes no other name and no other type', async () => {
    const { dns, put, records } = await setUp();
    const others = [`www.example.com A 203.0.113.1`, `${hostname} TXT hello`, `x.${hostname} A 203.0.113.2`];
    for (const other of others) {
      const [name, type = '', content = ''] = other.split(' ');
      await put(type, content, name);
    }
    await dns.point(hostname, both, never);
    await dns.remove(hostname, [both.ipv4, both.ipv6, '203.0.113.1', '203.0.113.2'], never);
    expect(await records()).toEqual(others);
  });

  it('accepts a record that another run has just made', async () => {
    const scene = await setUp();
    const { dns, simulator, records, put, raw, zonePath } = scene;
    const { body } = await raw('GET', zonePath);
    await simulator.injectFault({ kind: 'status', operation: 'list-records', status: 200, body });
    await put('A', v4.ipv4);
    await dns.point(hostname, v4, never);
    expect(await changes(scene)).toEqual(['create-record', 'create-record']);
    expect(await records()).toEqual([`${hostname} A 198.18.0.3`]);
  });

  it('leaves one record if two runs do it at once', async () => {
    const { dns, open, records } = await setUp();
    const runs = [dns.point(hostname, v4, never), open().point(hostname, { ...v4, ipv4: '198.18.0.4' }, never)];
    await Promise.allSettled(runs);
    await dns.point(hostname, v4, never);
    expect(await records()).toEqual([`${hostname} A 198.18.0.3`]);
  });

  it('finds the zone by walking up the name, once for all names of a domain', async () => {
    const { dns, simulator } = await setUp();
    const before = (await simulator.calls()).at(-1)?.seq ?? 0;
    await dns.point(hostname, v4, never);
    await dns.point('srv-2.vpn.example.com', v4, never);
    const asked = (await simulator.calls(before)).filter(({ operation }) => operation === 'zones');
    expect(asked.map(({ path }) => new URL(path, 'http://x').searchParams.get('name'))).toEqual([
      'vpn.example.com',
      'example.com',
    ]);
  });
});

describe('a zone that waits for its name servers', () => {
  it('is skipped for the zone above it', async () => {
    const { dns, records } = await setUp();
    await dns.point('srv-1.pending.example.com', v4, never);
    expect(await records()).toEqual(['srv-1.pending.example.com A 198.18.0.3']);
  });

  it('is an error if no zone contains it', async () => {
    const { dns } = await setUp();
    const pointed = dns.point('srv-1.pending.com', v4, never);
    await expect(pointed).rejects.toMatchObject({ fault: 'no-zone' });
    await expect(pointed).rejects.toThrow(/Zone pending\.com is pending: set its name servers at your registrar/);
  });
});

describe('a removal from a name', () => {
  it('removes records with our name and content, and keeps those that somebody pointed elsewhere', async () => {
    const { dns, put, records } = await setUp();
    await dns.point(hostname, both, never);
    await put('A', '203.0.113.9');
    await dns.remove(hostname, [both.ipv4, both.ipv6, '198.18.0.99'], never);
    expect(await records()).toEqual([`${hostname} A 203.0.113.9`]);
  });

  it('succeeds if there is no record', async () => {
    const scene = await setUp();
    await scene.dns.remove(hostname, [both.ipv4], never);
    await scene.dns.remove(hostname, [], never);
    expect(await changes(scene)).toEqual([]);
  });

  it('clears all records of this installation with any content, and no others', async () => {
    const { dns, put, records } = await setUp();
    await dns.point(hostname, both, never);
    await put('A', '203.0.113.9');
    await put('A', '203.0.113.10', hostname, { comment: 'ghostifi another' });
    await put('A', '203.0.113.11');
    expect(await dns.clear(hostname, ['203.0.113.11'], never)).toBe(true);
    expect(await records()).toEqual([`${hostname} A 203.0.113.9`, `${hostname} A 203.0.113.10`]);
    expect(await dns.clear(hostname, ['203.0.113.11'], never)).toBe(false);
  });

  it('counts a record that somebody else has just removed as gone', async () => {
    const { dns, open, records } = await setUp();
    await dns.point(hostname, both, never);
    await Promise.all([dns, open(), open()].map((one) => one.remove(hostname, [both.ipv4, both.ipv6], never)));
    expect(await records()).toEqual([]);
  });
});
