import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkedBy, contractsAreHere, unlessAbsent } from '../cloud/contract.ts';
import { manualClock } from './manual-clock.ts';
import { rawClient } from './raw-client.ts';
import { runSimulator } from './running-simulator.ts';

const order = (changes: object = {}) => ({
  name: 'gf-a-1',
  location: 'fsn1',
  server_type: 'cx23',
  image: 'debian-12',
  ...changes,
});

async function setUp(options: { bootMs?: number; lockMs?: number } = {}) {
  const clock = manualClock();
  const simulator = await runSimulator({ clock, ...options });
  return { clock, simulator, raw: rawClient(simulator.apiUrl('hetzner')) };
}

describe('a simulated server', () => {
  it('has its addresses at once, with a network for IPv6, and runs later', async () => {
    const { clock, raw } = await setUp({ bootMs: 6000 });
    const { status, body } = await raw('POST', '/servers', order({ labels: { a: 'b' } }));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      server: { status: 'initializing', locked: true, labels: { a: 'b' } },
      action: { command: 'create_server', status: 'running' },
      next_actions: [{ command: 'start_server' }],
      root_password: expect.stringMatching(/.{12}/),
    });
    expect(body.server.public_net).toMatchObject({ ipv4: { ip: '198.18.0.2' }, ipv6: { ip: '2001:db8:0:1::/64' } });
    clock.advance(6000);
    const { server } = (await raw('GET', `/servers/${body.server.id}`)).body;
    expect(server).toMatchObject({ status: 'running', locked: false, image: { name: 'debian-12' } });
  });

  it('has a unique name until it is removed', async () => {
    const { raw } = await setUp();
    const { server } = (await raw('POST', '/servers', order())).body;
    const taken = {
      status: 409,
      body: { error: { code: 'uniqueness_error', message: 'server name is already used' } },
    };
    expect(await raw('POST', '/servers', order())).toMatchObject(taken);
    expect(await raw('DELETE', `/servers/${server.id}`)).toMatchObject({
      status: 200,
      body: { action: { command: 'delete_server', resources: [{ id: server.id, type: 'server' }] } },
    });
    expect((await raw('POST', '/servers', order())).status).toBe(201);
  });

  it('has a unique name even among simultaneous orders', async () => {
    const { raw } = await setUp();
    const answers = await Promise.all(Array.from({ length: 5 }, () => raw('POST', '/servers', order())));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  });

  it('is locked at first, so a delete is refused like at Hetzner, and later succeeds', async () => {
    const { clock, raw } = await setUp({ lockMs: 1000 });
    const { server } = (await raw('POST', '/servers', order())).body;
    expect(await raw('DELETE', `/servers/${server.id}`)).toMatchObject({
      status: 423,
      body: { error: { code: 'locked' } },
    });
    clock.advance(1000);
    expect((await raw('DELETE', `/servers/${server.id}`)).status).toBe(200);
    for (const method of ['GET', 'DELETE']) expect((await raw(method, `/servers/${server.id}`)).status).toBe(404);
  });

  it.each([
    [{ location: 'atlantis' }, 422, 'invalid_input', 'location'],
    [{ server_type: 'huge' }, 422, 'invalid_input', 'server_type'],
    [{ server_type: 'cpx11' }, 422, 'invalid_input', 'unsupported location for server type'],
    [{ server_type: 'cx22' }, 422, 'invalid_input', 'server type 100 is deprecated'],
    [{ server_type: 'cax11', location: 'nbg1' }, 412, 'resource_unavailable', 'placement'],
    [{ image: 'debian-1' }, 422, 'invalid_input', 'image'],
    [{ server_type: 'cax11', image: 'ubuntu-24.04' }, 422, 'invalid_input', 'image'],
    [{ name: 'no_underscores' }, 422, 'invalid_input', 'name: '],
    [{ labels: { a: '-b' } }, 422, 'invalid_input', 'labels.a: '],
    [{ labels: { 'hetzner.cloud/x': 'y' } }, 422, 'invalid_input', 'labels: '],
    [{ flavour: 'x' }, 422, 'invalid_input', 'flavour'],
  ])('is not made by a wrong order: %j', async (change, status, code, message) => {
    const { simulator, raw } = await setUp();
    const answer = await raw('POST', '/servers', order(change));
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toContain(message);
    expect(await simulator.machines()).toEqual([]);
  });
});

describe("Hetzner's simulated listing", () => {
  it('is selected by labels, and filtered by name and status', async () => {
    const { raw } = await setUp();
    await raw('POST', '/servers', order({ name: 'one', labels: { a: '1', b: '' } }));
    await raw('POST', '/servers', order({ name: 'two', labels: { a: '2' } }));
    const names = async (query: string) => {
      const { servers } = (await raw('GET', `/servers?${query}`)).body;
      return servers.map(({ name }: { name: string }) => name);
    };
    const selected = (selector: string) => names(`label_selector=${encodeURIComponent(selector)}`);
    expect(await selected('a=1')).toEqual(['one']);
    expect(await selected('a==2')).toEqual(['two']);
    expect(await selected('a!=2')).toEqual(['one']);
    expect(await selected('a')).toEqual(['one', 'two']);
    expect(await selected('!b')).toEqual(['two']);
    expect(await selected('a=1,b=')).toEqual(['one']);
    expect(await selected('a=1,a=2')).toEqual([]);
    expect(await names('name=two')).toEqual(['two']);
    expect(await names('status=running&status=off')).toEqual(['one', 'two']);
    expect(await names('status=off')).toEqual([]);
  });

  it('has deprecated images only on request', async () => {
    const { raw } = await setUp();
    const hasOld = async (query: string) => {
      const { images } = (await raw('GET', `/images${query}`)).body;
      return images.some(({ deprecated }: { deprecated: string | null }) => deprecated !== null);
    };
    expect([await hasOld(''), await hasOld('?include_deprecated=false')]).toEqual([false, false]);
    expect(await hasOld('?include_deprecated=true')).toBe(true);
  });

  it('is paged by numbers, 25 at a time by default', async () => {
    const { raw } = await setUp();
    for (let made = 0; made < 26; made++) await raw('POST', '/servers', order({ name: `gf-${made}-1` }));
    const { servers, meta } = (await raw('GET', '/servers')).body;
    expect(servers).toHaveLength(25);
    expect(meta.pagination).toEqual({
      page: 1,
      per_page: 25,
      previous_page: null,
      next_page: 2,
      last_page: 2,
      total_entries: 26,
    });
    const second = (await raw('GET', '/servers?page=2')).body;
    expect(second.servers).toHaveLength(1);
    expect(second.meta.pagination).toMatchObject({ previous_page: 1, next_page: null });
  });

  it.each(['per_page=51', 'per_page=0', 'page=0', 'label_selector=a%20in%20(b)', 'label_selector=!a=b', 'sort=name'])(
    'is refused for %s',
    async (query) => {
      const { raw } = await setUp();
      const refused = { status: 422, body: { error: { code: 'invalid_input' } } };
      expect(await raw('GET', `/servers?${query}`)).toMatchObject(refused);
    },
  );
});

it('a simulated project keeps its firewalls over a restart of the simulator', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const dataFile = path.join(folder, 'simulator.json');
  const first = await runSimulator({ dataFile });
  await rawClient(first.apiUrl('hetzner'))('POST', '/firewalls', { name: 'f', labels: { a: 'b' } });
  await first.close();
  const again = await runSimulator({ dataFile });
  const { firewalls } = (await rawClient(again.apiUrl('hetzner'))('GET', '/firewalls?name=f')).body;
  expect(firewalls).toMatchObject([{ name: 'f', labels: { a: 'b' } }]);
  expect((await rawClient(again.apiUrl('hetzner'))('POST', '/servers', order())).body.server.id).not.toBe(
    firewalls[0].id,
  );
});

describe.skipIf(!contractsAreHere)(`Hetzner's official document${unlessAbsent}`, () => {
  it('allows every answer of the simulator, without unknown fields', async () => {
    const { clock, simulator, raw } = await setUp({ bootMs: 6000, lockMs: 6000 });
    const { contract } = await checkedBy('hetzner-cloud', simulator.apiUrl('hetzner'));
    const statuses: number[] = [];
    const asked = async (method: string, url: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await raw(method, url, body, headers);
      const exchange = { method, url, status: answer.status, body: answer.body };
      expect(contract.checkResponse(exchange, { strict: true }), `${method} ${url}`).toEqual([]);
      statuses.push(answer.status);
      return answer;
    };
    const { server } = (await asked('POST', '/servers', order({ labels: { a: 'b' } }))).body;
    await asked('POST', '/servers', order({ name: 'two', server_type: 'cax11', public_net: { enable_ipv6: false } }));
    await asked('POST', '/servers', order());
    await asked('POST', '/servers', order({ name: 'three', server_type: 'cax11', location: 'nbg1' }));
    await asked('POST', '/servers', order({ flavour: 'vanilla' }));
    await asked('DELETE', `/servers/${server.id}`);
    clock.advance(6000);
    await asked('GET', `/servers/${server.id}`);
    for (const page of [1, 2]) await asked('GET', `/servers?per_page=1&page=${page}&sort=id:asc`);
    await asked('GET', '/locations?per_page=2&page=2');
    await asked('GET', '/server_types?name=cx22');
    await asked('GET', '/images?per_page=2&page=2');
    await asked('GET', '/images?include_deprecated=true');
    await asked('GET', '/pricing');
    await asked('POST', '/firewalls', { name: 'f', labels: { a: 'b' } });
    await asked('POST', '/firewalls', { name: 'f' });
    await asked('GET', '/firewalls?name=f');
    await asked('GET', '/pricing', undefined, { authorization: 'Bearer wrong' });
    await asked('DELETE', `/servers/${server.id}`);
    await asked('DELETE', `/servers/${server.id}`);
    expect(statuses).toEqual([
      ...[201, 201, 409, 412, 422, 423, 200, 200, 200, 200, 200, 200, 200, 200],
      ...[201, 409, 200, 401, 200, 404],
    ]);
  });
});
