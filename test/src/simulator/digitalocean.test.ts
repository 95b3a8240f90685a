import { describe, expect, it } from 'vitest';
import { checkedBy, contractsAreHere, unlessAbsent } from '../cloud/contract.ts';
import { manualClock } from './manual-clock.ts';
import { rawClient } from './raw-client.ts';
import { runSimulator } from './running-simulator.ts';

const order = (changes: object = {}) => ({
  name: 'gf-a-1',
  region: 'ams3',
  size: 's-1vcpu-1gb',
  image: 'debian-13-x64',
  ...changes,
});

async function setUp(options: { bootMs?: number; lockMs?: number } = {}) {
  const clock = manualClock();
  const simulator = await runSimulator({ clock, ...options });
  return { clock, simulator, raw: rawClient(simulator.apiUrl('digitalocean')) };
}

describe('a simulated droplet', () => {
  it('is unknown at first, then without tags, then complete', async () => {
    const { clock, raw } = await setUp({ bootMs: 6000 });
    const { status, body } = await raw('POST', '/droplets', order({ tags: ['a'], ipv6: true }));
    expect(status).toBe(202);
    expect(body.droplet).toMatchObject({ status: 'new', locked: true, tags: [], networks: { v4: [], v6: [] } });
    expect(body.links.actions).toMatchObject([{ rel: 'create' }]);
    const url = `/droplets/${body.droplet.id}`;
    expect(await raw('GET', url)).toMatchObject({ status: 404, body: { id: 'not_found' } });
    expect((await raw('GET', '/droplets?name=GF-A-1')).body.meta.total).toBe(0);
    clock.advance(1000);
    expect((await raw('GET', url)).body.droplet.tags).toEqual([]);
    expect((await raw('GET', '/droplets?name=GF-A-1')).body.meta.total).toBe(1);
    expect((await raw('GET', '/droplets?tag_name=a')).body.meta.total).toBe(0);
    clock.advance(5000);
    const { droplet } = (await raw('GET', url)).body;
    expect(droplet).toMatchObject({ status: 'active', locked: false, tags: ['a'], image: { slug: 'debian-13-x64' } });
    expect(droplet.networks.v4.map(({ type }: { type: string }) => type)).toEqual(['private', 'public']);
    expect((await raw('GET', '/droplets?tag_name=a')).body.meta.total).toBe(1);
  });

  it('has a pending event at first, so a delete is refused like at DigitalOcean, and later succeeds', async () => {
    const { clock, raw } = await setUp({ lockMs: 3000 });
    const { droplet } = (await raw('POST', '/droplets', order())).body;
    const pending = { id: 'unprocessable_entity', message: 'Droplet already has a pending event.' };
    expect(await raw('DELETE', `/droplets/${droplet.id}`)).toMatchObject({ status: 422, body: pending });
    clock.advance(3000);
    expect(await raw('DELETE', `/droplets/${droplet.id}`)).toMatchObject({ status: 204, text: '' });
    for (const method of ['GET', 'DELETE']) expect((await raw(method, `/droplets/${droplet.id}`)).status).toBe(404);
  });

  it('is listed only by the API that ordered it', async () => {
    const { clock, simulator, raw } = await setUp();
    await raw('POST', '/droplets', order());
    clock.advance(2000);
    expect((await raw('GET', '/droplets')).body.meta.total).toBe(1);
    expect((await rawClient(simulator.apiUrl('vultr'))('GET', '/instances')).body.meta.total).toBe(0);
  });

  it.each([
    [{ region: 'atlantis' }, 'invalid region'],
    [{ region: 'nyc2' }, 'Region is not available'],
    [{ size: 'huge' }, 'invalid size'],
    [{ size: 's-3vcpu-1gb' }, 'Size is not available'],
    [{ image: 'debian-12-x64' }, 'invalid image'],
    [{ name: 'no_underscores' }, 'name: '],
    [{ name: undefined, names: ['one', 'two'] }, 'names'],
    [{ tags: ['no.dots'] }, 'tags.0: '],
    [{ flavour: 'x' }, 'flavour'],
  ])('is not made by a wrong order: %j', async (change, message) => {
    const { simulator, raw } = await setUp();
    const { status, body } = await raw('POST', '/droplets', order(change));
    expect([status, body.id]).toEqual([422, 'unprocessable_entity']);
    expect(body.message).toContain(message);
    expect(await simulator.machines()).toEqual([]);
  });
});

describe("DigitalOcean's simulated pages", () => {
  it('are numbered, with absolute links to the neighbouring pages', async () => {
    const { simulator, raw } = await setUp();
    const { links, meta, regions } = (await raw('GET', '/regions?per_page=5&page=2')).body;
    const linkTo = (page: number) => `${simulator.apiUrl('digitalocean')}/regions?per_page=5&page=${page}`;
    expect(links.pages).toEqual({ first: linkTo(1), prev: linkTo(1), next: linkTo(3), last: linkTo(3) });
    expect([meta.total, regions.length]).toEqual([12, 5]);
    expect((await raw('GET', '/regions?per_page=200')).body.links).toEqual({});
  });

  it.each(['per_page=0', 'per_page=201', 'per_page=x', 'page=0', 'page=x', 'tag_name=a&name=b'])(
    'are refused for %s',
    async (query) => {
      const { raw } = await setUp();
      expect(await raw('GET', `/droplets?${query}`)).toMatchObject({ status: 422 });
    },
  );
});

describe.skipIf(!contractsAreHere)(`DigitalOcean's official document${unlessAbsent}`, () => {
  it('allows every answer of the simulator, without unknown fields', async () => {
    const { clock, simulator, raw } = await setUp({ bootMs: 6000 });
    const { contract } = await checkedBy('digitalocean', simulator.url);
    const statuses: number[] = [];
    const asked = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await raw(method, path, body, headers);
      const exchange = { method, url: `/v2${path}`, status: answer.status, body: answer.body };
      expect(contract.checkResponse(exchange, { strict: true }), `${method} ${path}`).toEqual([]);
      statuses.push(answer.status);
      return answer;
    };
    const { droplet } = (await asked('POST', '/droplets', order({ tags: ['a'], ipv6: true }))).body;
    await asked('POST', '/droplets', order({ region: undefined, image: 159_651_797 }));
    await asked('POST', '/droplets', order({ flavour: 'vanilla' }));
    await asked('GET', `/droplets/${droplet.id}`);
    await asked('DELETE', `/droplets/${droplet.id}`);
    clock.advance(6000);
    await asked('GET', `/droplets/${droplet.id}`);
    for (const page of [1, 2]) await asked('GET', `/droplets?per_page=1&page=${page}`);
    await asked('GET', '/regions?per_page=2&page=2');
    await asked('GET', '/sizes');
    await asked('GET', '/images?per_page=1&page=2');
    await asked('GET', '/account');
    await asked('GET', '/account', undefined, { authorization: 'Bearer wrong' });
    await asked('DELETE', `/droplets/${droplet.id}`);
    expect(statuses).toEqual([202, 202, 422, 404, 422, 200, 200, 200, 200, 200, 200, 200, 401, 204]);
  });
});
