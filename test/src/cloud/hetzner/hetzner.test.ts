import { describe, expect, it } from 'vitest';
import { hetzner } from '#src/cloud/hetzner/hetzner.ts';
import { manualClock } from '../../simulator/manual-clock.ts';
import { rawClient } from '../../simulator/raw-client.ts';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { faultOf, never, owner } from '../conformance/scene.ts';

const spec = { name: 'gf-srv-1-1', owner, location: 'fsn1', plan: 'cx23', userData: null };
const key = { name: 'hetzner', apiKey: 'simulator' };

async function setUp() {
  const clock = manualClock();
  const simulator = await runSimulator({ clock });
  const apiUrl = simulator.apiUrl('hetzner');
  const driver = hetzner({ ...key, apiUrl: `${apiUrl}/`, now: () => new Date(clock.now()) });
  return { clock, simulator, driver, raw: rawClient(apiUrl), apiUrl };
}

describe('a server at Hetzner', () => {
  it('is ordered as Debian 13 with both addresses, and with its owner as labels', async () => {
    const bodies: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return new Response(null, { status: 500 });
    };
    const driver = hetzner({ ...key, apiUrl: 'http://cloud', fetch });
    expect(await faultOf(driver.create(spec, never))).toBe('unknown');
    expect(bodies).toEqual([
      {
        name: 'gf-srv-1-1',
        location: 'fsn1',
        server_type: 'cx23',
        image: 'debian-13',
        labels: { 'ghostifi-installation': 'test', 'ghostifi-server': 'srv-1' },
        public_net: { enable_ipv4: true, enable_ipv6: true },
      },
    ]);
  });

  it('cannot be ordered or listed for an owner that is no valid label', async () => {
    const { driver, simulator } = await setUp();
    const odd = { installation: 'test-', serverId: 'srv-1' };
    await expect(driver.create({ ...spec, owner: odd }, never)).rejects.toThrow(RangeError);
    await expect(driver.list('test-', never)).rejects.toThrow('the first and last must be a letter or digit');
    expect(await simulator.calls()).toEqual([]);
  });

  it.each([
    ['2001:db8:1:2::/64', '2001:db8:1:2::1'],
    ['2001:0db8::/64', '2001:db8::1'],
    ['2001:db8:1:2::/56', null],
    ['2001:db8:1:2::1', null],
    ['nothing::/64', null],
  ])('with the network %s has the address %s', async (ip, ipv6) => {
    const { simulator, driver, raw } = await setUp();
    const { id } = await driver.create(spec, never);
    const { server } = (await raw('GET', `/servers/${id}`)).body;
    const public_net = { ...server.public_net, ipv4: null, ipv6: { ...server.public_net.ipv6, ip } };
    const body = { server: { ...server, public_net } };
    await simulator.injectFault({ kind: 'status', operation: 'get', status: 200, body });
    expect(await driver.get(id, never)).toMatchObject({ ipv4: null, ipv6 });
  });

  it.each([
    ['running', 'running'],
    ['initializing', 'pending'],
    ['starting', 'pending'],
    ['migrating', 'pending'],
    ['rebuilding', 'pending'],
    ['unknown', 'pending'],
    ['off', 'stopped'],
    ['stopping', 'stopped'],
    ['deleting', 'stopped'],
  ])('that Hetzner calls %s is %s', async (status, state) => {
    const { simulator, driver, raw } = await setUp();
    const { id } = await driver.create(spec, never);
    const { server } = (await raw('GET', `/servers/${id}`)).body;
    await simulator.injectFault({
      kind: 'status',
      operation: 'get',
      status: 200,
      body: { server: { ...server, status } },
    });
    expect(await driver.get(id, never)).toMatchObject({ state });
  });
});

describe('a project at Hetzner', () => {
  it('is marked once, by the first of many calls at once', async () => {
    const { raw, apiUrl } = await setUp();
    const accounts = await Promise.all(Array.from({ length: 8 }, () => hetzner({ ...key, apiUrl }).account(never)));
    expect(new Set(accounts).size).toBe(1);
    const { firewalls } = (await raw('GET', '/firewalls')).body;
    expect(firewalls).toMatchObject([
      { name: 'ghostifi-account', labels: { 'ghostifi-account': accounts[0] }, rules: [], applied_to: [] },
    ]);
  });

  it('is the same for another key, and can get its identity back by hand', async () => {
    const simulator = await runSimulator({ apiKeys: ['one', 'two'] });
    const labels = { 'ghostifi-account': 'c0ffee' };
    const headers = { authorization: 'Bearer one' };
    await rawClient(simulator.apiUrl('hetzner'))('POST', '/firewalls', { name: 'ghostifi-account', labels }, headers);
    for (const apiKey of ['one', 'two']) {
      expect(await hetzner({ ...key, apiUrl: simulator.apiUrl('hetzner'), apiKey }).account(never)).toBe('c0ffee');
    }
  });

  it('whose mark has no label cannot be identified, so the call fails', async () => {
    const { driver, raw } = await setUp();
    await raw('POST', '/firewalls', { name: 'ghostifi-account' });
    await expect(driver.account(never)).rejects.toThrow('has no label ghostifi-account');
  });

  it('cannot be identified if its mark can be neither read nor made', async () => {
    const { driver, simulator } = await setUp();
    const body = { error: { code: 'uniqueness_error', message: 'firewall name is already used', details: null } };
    const none = (await rawClient(simulator.apiUrl('hetzner'))('GET', '/firewalls')).body;
    await simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body: none });
    await simulator.injectFault({ kind: 'status', operation: 'account', status: 409, body });
    await simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body: none });
    expect(await faultOf(driver.account(never))).toBe('name-taken');
  });
});

describe("Hetzner's catalogue", () => {
  it('sells the types in stock that are not retired, at the price with an IPv4 address and without VAT', async () => {
    const { driver } = await setUp();
    const { locations, plans } = await driver.catalogue(never);
    expect(locations).toContainEqual({ id: 'ash', city: 'Ashburn, VA', country: 'US' });
    const plan = (id: string) => plans.find((one) => one.id === id);
    expect(plan('cx23')).toMatchObject({ cpus: 2, memoryMb: 4096, monthlyCost: 3.99, currency: 'EUR' });
    expect(plan('cax11')?.locations).toEqual(['fsn1', 'hel1']);
    expect(plan('cx22')).toMatchObject({ locations: [], soldIn: [] });
    expect(plan('cax11')?.soldIn).toEqual(['fsn1', 'nbg1', 'hel1']);
    expect(plan('cpx11')?.monthlyCost).toBe(6.99);
  });

  it('sells a deprecated type until its end', async () => {
    const { clock, driver, simulator } = await setUp();
    const deprecation = { announced: '2025-12-01T00:00:00Z', unavailable_after: '2026-02-01T00:00:00Z' };
    const place = { id: 1, name: 'fsn1', available: true, recommended: false, deprecation };
    const price = { location: 'fsn1', price_monthly: { net: '4.0000000000', gross: '4.7600000000' } };
    const types = [{ name: 'old', cores: 1, memory: 0.5, prices: [price], locations: [place] }];
    const pagination = { next_page: null, total_entries: 1 };
    const body = { server_types: types, meta: { pagination } };
    const offered = async () => {
      await simulator.injectFault({ kind: 'status', operation: 'plans', status: 200, body });
      return (await driver.catalogue(never)).plans[0];
    };
    expect(await offered()).toMatchObject({ memoryMb: 512, monthlyCost: 4.5, locations: ['fsn1'], soldIn: ['fsn1'] });
    clock.advance(40 * 24 * 3_600_000);
    expect(await offered()).toMatchObject({ monthlyCost: 4.5, locations: [], soldIn: [] });
  });

  it('lists the images that can be ordered, by name and number', async () => {
    const { driver, simulator, raw } = await setUp();
    const { images } = (await raw('GET', '/images')).body;
    const [system, other] = images;
    const own = { ...system, id: 7, type: 'snapshot', name: null };
    const pagination = { next_page: null, total_entries: 3 };
    const body = { images: [system, { ...other, status: 'unavailable' }, own], meta: { pagination } };
    await simulator.injectFault({ kind: 'status', operation: 'os', status: 200, body });
    expect((await driver.catalogue(never)).images).toEqual(['debian-13', String(system.id), '7']);
  });

  it('lists a deprecated image as well, which can still be ordered', async () => {
    const { driver, apiUrl } = await setUp();
    expect((await driver.catalogue(never)).images).toContain('debian-11');
    const ordered = hetzner({ ...key, apiUrl, image: 'debian-11' }).create(spec, never);
    await expect(ordered).resolves.toMatchObject({ name: spec.name });
  });
});
