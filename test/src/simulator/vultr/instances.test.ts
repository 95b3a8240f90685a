import { describe, expect, it } from 'vitest';
import { manualClock } from '../manual-clock.ts';
import { runSimulator } from '../running-simulator.ts';
import { order, rawVultr } from './client.ts';

describe('a simulated instance', () => {
  it('is pending without an address, then active with one', async () => {
    const clock = manualClock();
    const raw = rawVultr(await runSimulator({ clock, bootMs: 6000 }));
    const { status, body } = await raw('POST', '/instances', order({ enable_ipv6: true }));
    expect(status).toBe(202);
    expect(body.instance).toMatchObject({ status: 'pending', main_ip: '0.0.0.0', v6_main_ip: '', features: [] });
    expect(body.instance.default_password).toMatch(/.{12}/);
    const url = `/instances/${body.instance.id}`;
    clock.advance(5999);
    expect((await raw('GET', url)).body.instance).toMatchObject({
      status: 'pending',
      server_status: 'installingbooting',
    });
    clock.advance(1);
    const { instance } = (await raw('GET', url)).body;
    expect(instance).toMatchObject({ status: 'active', server_status: 'ok', main_ip: '198.18.0.2', disk: 25 });
    expect(instance.v6_main_ip).toBe('2001:0db8:0000:0001:5400:00ff:fe00:0001');
    expect(instance).not.toHaveProperty('default_password');
  });

  it.each([
    [0, 3000],
    [0.5, 6000],
    [0.999, 8994],
  ])('boots in a random time (%d)', async (chance, ms) => {
    const clock = manualClock();
    const raw = rawVultr(await runSimulator({ clock, bootMs: 6000, bootJitter: 0.5, random: () => chance }));
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    clock.advance(ms - 1);
    expect((await raw('GET', `/instances/${id}`)).body.instance.status).toBe('pending');
    clock.advance(1);
    expect((await raw('GET', `/instances/${id}`)).body.instance.status).toBe('active');
  });

  it('without IPv6 never gets an IPv6 address', async () => {
    const raw = rawVultr(await runSimulator());
    const { body } = await raw('POST', '/instances', order());
    expect(body.instance).toMatchObject({ status: 'active', v6_main_ip: '', v6_network: '', v6_network_size: 0 });
  });

  it('is locked at first, so a delete is refused like at Vultr, and later succeeds', async () => {
    const clock = manualClock();
    const raw = rawVultr(await runSimulator({ clock, bootMs: 6000, lockMs: 1000 }));
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    const error = 'Unable to destroy server: Unable to remove VM: Server is currently locked';
    expect(await raw('DELETE', `/instances/${id}`)).toMatchObject({ status: 500, body: { error, status: 500 } });
    clock.advance(1000);
    expect(await raw('DELETE', `/instances/${id}`)).toMatchObject({ status: 204, text: '' });
  });

  it('is missing in every answer after its removal', async () => {
    const raw = rawVultr(await runSimulator());
    const { id } = (await raw('POST', '/instances', order())).body.instance;
    await raw('DELETE', `/instances/${id}`);
    const absent = { status: 404, body: { error: 'Invalid instance ID', status: 404 } };
    for (const method of ['GET', 'DELETE']) expect(await raw(method, `/instances/${id}`)).toMatchObject(absent);
    expect(await raw('PATCH', `/instances/${id}`, {})).toMatchObject(absent);
    expect((await raw('GET', '/instances')).body).toMatchObject({ instances: [], meta: { total: 0 } });
  });

  it('may have the same label as another', async () => {
    const raw = rawVultr(await runSimulator());
    const one = (await raw('POST', '/instances', order())).body.instance;
    const other = (await raw('POST', '/instances', order())).body.instance;
    expect(other.label).toBe(one.label);
    expect(other.id).not.toBe(one.id);
    expect(other.main_ip).not.toBe(one.main_ip);
  });

  it('accepts a new label, tags and user data', async () => {
    const raw = rawVultr(await runSimulator());
    const { id } = (await raw('POST', '/instances', order({ user_data: 'eA==' }))).body.instance;
    const change = { label: 'other', tags: ['x'], user_data: '' };
    expect((await raw('PATCH', `/instances/${id}`, change)).body.instance).toMatchObject({
      label: 'other',
      tags: ['x'],
    });
    expect((await raw('GET', '/instances?label=other')).body.instances).toHaveLength(1);
  });

  it.each([
    [{ region: 'atlantis' }, 'Invalid region.'],
    [{ plan: 'huge' }, 'Invalid plan.'],
    [{ os_id: 1 }, 'Invalid os_id.'],
    [{ os_id: undefined }, 'Choose one of os_id, iso_id, snapshot_id, app_id, image_id.'],
    [{ app_id: 1 }, 'Choose one of os_id, iso_id, snapshot_id, app_id, image_id.'],
    [{ plan: 'vhf-1c-1gb' }, 'Plan vhf-1c-1gb is not available in ams.'],
    [{ hostname: 'no_underscores' }, 'hostname: '],
    [{ user_data: '#cloud-config' }, 'user_data: '],
    [{ flavour: 'x' }, 'flavour'],
    [{ region: undefined }, 'region: '],
  ])('is not made by a wrong order: %j', async (change, message) => {
    const simulator = await runSimulator();
    const { status, body } = await rawVultr(simulator)('POST', '/instances', order(change));
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { status: 400, error: expect.stringContaining(message) },
    });
    expect(await simulator.machines()).toEqual([]);
  });
});

describe('the simulated list of instances', () => {
  it('is filtered by each of its parameters, and by all of them together', async () => {
    const raw = rawVultr(await runSimulator());
    await raw('POST', '/instances', order({ label: 'one', tags: ['a', 'b'] }));
    await raw('POST', '/instances', order({ label: 'two', tags: ['b'], region: 'ewr' }));
    const labels = async (query: string) => {
      const { instances } = (await raw('GET', `/instances${query}`)).body;
      return instances.map((instance: { label: string }) => instance.label);
    };
    expect(await labels('?tag=a')).toEqual(['one']);
    expect(await labels('?tag=b')).toEqual(['one', 'two']);
    expect(await labels('?label=two')).toEqual(['two']);
    expect(await labels('?region=ewr')).toEqual(['two']);
    expect(await labels('?main_ip=198.18.0.2')).toEqual(['one']);
    expect(await labels('?tag=b&region=ams&label=one')).toEqual(['one']);
    expect(await labels('?tag=B')).toEqual([]);
  });

  it('is paged by cursors, 100 at a time by default', async () => {
    const raw = rawVultr(await runSimulator());
    for (let made = 0; made < 101; made++) await raw('POST', '/instances', order());
    const first = (await raw('GET', '/instances')).body;
    expect(first.instances).toHaveLength(100);
    expect(first.meta).toMatchObject({ total: 101, links: { prev: '' } });
    const second = (await raw('GET', `/instances?cursor=${first.meta.links.next}`)).body;
    expect(second.instances).toHaveLength(1);
    expect(second.meta.links.next).toBe('');
    const back = (await raw('GET', `/instances?cursor=${second.meta.links.prev}`)).body;
    expect(back.instances).toEqual(first.instances);
  });

  it('moves no instance to another page while others are removed', async () => {
    const raw = rawVultr(await runSimulator());
    const made = [];
    for (let count = 0; count < 4; count++) made.push((await raw('POST', '/instances', order())).body.instance.id);
    const first = (await raw('GET', '/instances?per_page=2')).body;
    await raw('DELETE', `/instances/${made[0]}`);
    const second = (await raw('GET', `/instances?per_page=2&cursor=${first.meta.links.next}`)).body;
    expect(second.instances.map((instance: { id: string }) => instance.id)).toEqual(made.slice(2));
  });

  it.each(['?per_page=0', '?per_page=501', '?per_page=x', '?cursor=x'])('is refused for %s', async (query) => {
    const raw = rawVultr(await runSimulator());
    expect(await raw('GET', `/instances${query}`)).toMatchObject({ status: 400, body: { status: 400 } });
  });
});

describe('the simulated API', () => {
  it('requires a key, except for the catalogue', async () => {
    const raw = rawVultr(await runSimulator({ apiKeys: ['one', 'two'] }));
    const as = (authorization: string) => ({ authorization });
    expect((await raw('GET', '/account', undefined, as('Bearer two'))).status).toBe(200);
    const refused = { status: 401, body: { error: 'Invalid API token.', status: 401 } };
    for (const wrong of ['Bearer on', 'Bearer onee', 'two', '']) {
      expect(await raw('GET', '/account', undefined, as(wrong))).toMatchObject(refused);
      expect(await raw('POST', '/instances', order(), as(wrong))).toMatchObject(refused);
    }
    for (const path of ['/regions', '/plans', '/os', '/regions/ams/availability']) {
      expect((await raw('GET', path, undefined, as(''))).status).toBe(200);
    }
  });

  it('answers unknown paths and methods in the shape of its errors', async () => {
    const vultrUrl = (await runSimulator()).apiUrl('vultr');
    const headers = { authorization: 'Bearer simulator', 'content-type': 'application/json' };
    const unknown = await fetch(`${vultrUrl}/bare-metals`, { headers });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: 'Invalid API path or method.', status: 404 },
    ]);
    const broken = await fetch(`${vultrUrl}/instances`, { method: 'POST', headers, body: '{"region":' });
    expect([broken.status, await broken.json()]).toEqual([400, { error: expect.any(String), status: 400 }]);
  });
});
