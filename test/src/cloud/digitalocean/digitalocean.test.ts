import { describe, expect, it } from 'vitest';
import { digitalocean } from '#src/cloud/digitalocean/digitalocean.ts';
import { manualClock } from '../../simulator/manual-clock.ts';
import { rawClient } from '../../simulator/raw-client.ts';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { faultOf, never, owner } from '../conformance/scene.ts';
import { json, oddServer } from '../odd-server.ts';

const spec = { name: 'gf-srv-1-1', owner, location: 'ams3', plan: 's-1vcpu-1gb', userData: null };

async function setUp() {
  const clock = manualClock();
  const simulator = await runSimulator({ clock });
  const apiUrl = simulator.apiUrl('digitalocean');
  const now = () => new Date(clock.now());
  const driver = digitalocean({ name: 'digitalocean', apiUrl: `${apiUrl}/`, apiKey: 'simulator', now });
  return { clock, simulator, driver, raw: rawClient(apiUrl) };
}

describe('a droplet', () => {
  it('is ordered as Debian 13 with IPv6 and tags, and without agents', async () => {
    const bodies: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (_url, init) => {
      bodies.push(JSON.parse(String(init?.body)));
      return new Response(null, { status: 500 });
    };
    const driver = digitalocean({ name: 'digitalocean', apiUrl: 'http://cloud', apiKey: 'k', fetch });
    expect(await faultOf(driver.create(spec, never))).toBe('unknown');
    expect(bodies).toEqual([
      {
        name: 'gf-srv-1-1',
        region: 'ams3',
        size: 's-1vcpu-1gb',
        image: 'debian-13-x64',
        ipv6: true,
        tags: ['ghostifi:test', 'ghostifi:test:srv-1'],
        backups: false,
        monitoring: false,
        with_droplet_agent: false,
      },
    ]);
  });

  it('without tags is undecided while they may still arrive, and foreign after that', async () => {
    const { clock, driver, raw } = await setUp();
    const { name, location: region, plan: size } = spec;
    await raw('POST', '/droplets', { name, region, size, image: 'debian-13-x64' });
    clock.advance(1500);
    expect(await faultOf(driver.find(name, owner, never))).toBe('busy');
    expect(await faultOf(driver.findNamed(name, never))).toBe('busy');
    await expect(driver.find(name, owner, never)).rejects.toThrow('has the name gf-srv-1-1 and no tags yet');
    clock.advance(driver.listLagMs);
    expect(await driver.find(name, owner, never)).toMatchObject([{ name, owner: null }]);
  });

  it('of ours is undecided until its tags arrive, and then found', async () => {
    const { clock, driver } = await setUp();
    const { id } = await driver.create(spec, never);
    expect(await driver.get(id, never)).toBeNull();
    clock.advance(1000);
    expect(await driver.get(id, never)).toMatchObject({ owner: null });
    expect(await faultOf(driver.find(spec.name, owner, never))).toBe('busy');
    clock.advance(1000);
    expect(await driver.find(spec.name, owner, never)).toMatchObject([{ id, owner }]);
  });

  it.each([
    [{ status: 'new', locked: true }, 'pending'],
    [{ status: 'active', locked: true }, 'pending'],
    [{ status: 'active', locked: false }, 'running'],
    [{ status: 'off', locked: false }, 'stopped'],
    [{ status: 'archive', locked: false }, 'stopped'],
  ])('that DigitalOcean calls %j is %s', async (fields, state) => {
    const { clock, simulator, driver, raw } = await setUp();
    const { id } = await driver.create(spec, never);
    clock.advance(1000);
    const { body } = await raw('GET', `/droplets/${id}`);
    const droplet = { ...body.droplet, ...fields, networks: {} };
    await simulator.injectFault({ kind: 'status', operation: 'get', status: 200, body: { droplet } });
    expect(await driver.get(id, never)).toMatchObject({ state, ipv4: null, ipv6: null });
  });
});

describe("DigitalOcean's pages", () => {
  const empty = { droplets: [], meta: { total: 0 } };
  const asked = (pages: readonly object[]) =>
    oddServer((request, response) => {
      const page = Number(new URL(request.url ?? '', 'http://x').searchParams.get('page') ?? 1);
      json(response, 200, pages[page - 1]);
    });
  const listOf = (apiUrl: string) => digitalocean({ name: 'digitalocean', apiUrl, apiKey: 'k' }).list('test', never);

  it('are requested at the configured address, even if their links lead elsewhere', async () => {
    const elsewhere = await oddServer((_request, response) => json(response, 200, empty));
    const next = `${elsewhere.url}/v2/droplets?page=2&per_page=200&tag_name=x`;
    const server = await asked([{ ...empty, links: { pages: { next, last: next } } }, empty]);
    expect(await listOf(server.url)).toEqual([]);
    const first = '/droplets?tag_name=ghostifi%3Atest&per_page=200';
    expect(server.asked).toEqual([`GET ${first}`, `GET ${first}&page=2`]);
    expect(elsewhere.asked).toEqual([]);
  });

  it.each(['https://api.digitalocean.com/v2/droplets', 'nowhere', '?page=2', 'https://x/?page=-1'])(
    'are incomplete if the link to the next is "%s"',
    async (next) => {
      const server = await asked([{ ...empty, links: { pages: { next } } }]);
      expect(await faultOf(listOf(server.url))).toBe('rejected');
    },
  );

  it('are incomplete without a total', async () => {
    const server = await asked([{ droplets: [], meta: {} }]);
    expect(await faultOf(listOf(server.url))).toBe('rejected');
  });
});

describe("DigitalOcean's account and catalogue", () => {
  it('names the account by its team, or by its user if there is no team', async () => {
    const { simulator, driver } = await setUp();
    const answers = [
      { uuid: 'ada', team: { uuid: 'one' } },
      { uuid: 'bob', team: { uuid: 'one' } },
      { uuid: 'ada', team: { uuid: 'two' } },
      { uuid: 'ada' },
    ];
    const names: string[] = [];
    for (const account of answers) {
      await simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body: { account } });
      names.push(await driver.account(never));
    }
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
  });

  it('sells the available sizes without a GPU', async () => {
    const { driver } = await setUp();
    const { locations, plans } = await driver.catalogue(never);
    expect(locations).toContainEqual({ id: 'nyc3', city: 'New York', country: 'US' });
    expect(locations.map(({ id }) => id)).not.toContain('nyc2');
    const ids = plans.map(({ id }) => id);
    expect(ids).toContain('s-1vcpu-1gb');
    expect(ids).not.toContain('s-3vcpu-1gb');
    expect(ids).not.toContain('gpu-h100x1-80gb');
    expect(plans.find(({ id }) => id === 's-1vcpu-512mb-10gb')).toMatchObject({ monthlyCost: 4, currency: 'USD' });
  });

  it('lists the slugs and numbers of all images', async () => {
    const { images } = await (await setUp()).driver.catalogue(never);
    expect(images).toEqual(['debian-13-x64', expect.stringMatching(/^\d+$/), 'ubuntu-24-04-x64', '159651797']);
  });

  it('is read without its images if the token may not list them', async () => {
    const { simulator, driver } = await setUp();
    await simulator.injectFault({ kind: 'status', operation: 'os', status: 403 });
    const catalogue = await driver.catalogue(never);
    expect(catalogue.plans.length).toBeGreaterThan(0);
    expect(catalogue).not.toHaveProperty('images');
    await simulator.injectFault({ kind: 'status', operation: 'os', status: 503 });
    expect(await faultOf(driver.catalogue(never))).toBe('unavailable');
  });

  it('sells in a region that is newer than this program, without a country', async () => {
    const { simulator, driver } = await setUp();
    const regions = [{ slug: 'osl1', name: 'Oslo 1', available: true, features: [], sizes: [] }];
    const body = { regions, meta: { total: 1 } };
    await simulator.injectFault({ kind: 'status', operation: 'regions', status: 200, body });
    expect((await driver.catalogue(never)).locations).toEqual([{ id: 'osl1', city: 'Oslo', country: 'ZZ' }]);
  });
});
