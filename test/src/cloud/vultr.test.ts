import { describe, expect, it } from 'vitest';
import { manualClock } from '../simulator/manual-clock.ts';
import { runSimulator } from '../simulator/running-simulator.ts';
import { order, rawVultr } from '../simulator/vultr-client.ts';
import { driverOf, faultOf, never, owner, spec } from './vultr-driver.ts';

describe('a machine at Vultr', () => {
  it('has its name, owner and place from the start, and addresses once it runs', async () => {
    const clock = manualClock();
    const simulator = await runSimulator({ clock, bootMs: 6000 });
    const driver = driverOf(simulator);
    const made = await driver.create(spec, never);
    const { name, location, plan } = spec;
    expect(made).toMatchObject({ name, owner, location, plan, state: 'pending', ipv4: null, ipv6: null });
    expect(made.createdAt).toEqual(new Date(clock.now()));
    clock.advance(6000);
    const running = { ...made, state: 'running', ipv4: '198.18.0.2', ipv6: '2001:db8:0:1:5400:ff:fe00:1' };
    expect(await driver.get(made.id, never)).toEqual(running);
    expect(await driver.find(spec.name, owner, never)).toEqual([running]);
    expect(await driver.list('test', never)).toEqual([running]);
  });

  it('is ordered as Debian 12 with IPv6, and with its name as hostname', async () => {
    const simulator = await runSimulator();
    await driverOf(simulator).create(spec, never);
    const { body } = await rawVultr(simulator)('GET', '/instances');
    expect(body.instances[0]).toMatchObject({
      os: 'Debian 12 x64 (bookworm)',
      label: spec.name,
      hostname: spec.name,
      features: ['ipv6'],
      tags: ['ghostifi:test', 'ghostifi:test:a'],
    });
  });

  it('is gone at once when removed, and removing it again is no error', async () => {
    const driver = driverOf(await runSimulator());
    const { id } = await driver.create(spec, never);
    await driver.remove(id, never);
    expect(await driver.get(id, never)).toBeNull();
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    await driver.remove(id, never);
  });

  it('that is locked cannot be removed yet', async () => {
    const clock = manualClock();
    const driver = driverOf(await runSimulator({ clock, lockMs: 1000 }));
    const { id } = await driver.create(spec, never);
    expect(await faultOf(driver.remove(id, never))).toBe('busy');
    clock.advance(1000);
    await driver.remove(id, never);
    expect(await driver.get(id, never)).toBeNull();
  });

  it.each([
    [{ status: 'active', power_status: 'running' }, 'running'],
    [{ status: 'active', power_status: 'stopped' }, 'stopped'],
    [{ status: 'suspended', power_status: 'running' }, 'stopped'],
    [{ status: 'pending', power_status: 'running' }, 'pending'],
    [{ status: 'installing', power_status: 'running' }, 'pending'],
    [{ status: 'resizing', power_status: 'running' }, 'pending'],
  ])('that Vultr calls %j is %s', async (words, state) => {
    const simulator = await runSimulator();
    const raw = rawVultr(simulator);
    const { body } = await raw('POST', '/instances', order());
    const instance = { ...body.instance, ...words };
    await simulator.spoil({ kind: 'status', operation: 'get', status: 200, body: { instance } });
    expect(await driverOf(simulator).get(instance.id, never)).toMatchObject({ state });
  });
});

describe('looking for machines at Vultr', () => {
  it('finds those with our tag and those with our name, each once, and no others', async () => {
    const simulator = await runSimulator();
    const raw = rawVultr(simulator);
    const driver = driverOf(simulator);
    const both = await driver.create(spec, never);
    const tagged = await driver.create({ ...spec, name: 'gf-a-2' }, never);
    const { body } = await raw('POST', '/instances', order({ label: spec.name, tags: ['somebody'] }));
    await driver.create({ ...spec, name: 'gf-b-1', owner: { ...owner, serverId: 'b' } }, never);
    await driver.create({ ...spec, name: 'gf-a-1x', owner: { ...owner, installation: 'test2' } }, never);
    const found = await driver.find(spec.name, owner, never);
    expect(found.map(({ id }) => id).sort()).toEqual([both.id, tagged.id, body.instance.id].sort());
    expect(found.find(({ id }) => id === body.instance.id)?.owner).toBeNull();
  });

  it("lists the machines of one installation, and nobody else's", async () => {
    const simulator = await runSimulator();
    const driver = driverOf(simulator);
    const ours = await driver.create(spec, never);
    await driver.create({ ...spec, owner: { ...owner, installation: 'test2' } }, never);
    await rawVultr(simulator)('POST', '/instances', order());
    const listed = await driver.list('test', never);
    expect(listed.map(({ id }) => id)).toEqual([ours.id]);
  });

  it('is not misled by filters that let others through', async () => {
    const simulator = await runSimulator();
    const driver = driverOf(simulator);
    await driver.create({ ...spec, name: 'gf-a-11', owner: { ...owner, installation: 'test2' } }, never);
    const { body } = await rawVultr(simulator)('GET', '/instances');
    await simulator.spoil({ kind: 'status', operation: 'list', status: 200, body, times: 3 });
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    expect(await driver.list('test', never)).toEqual([]);
  });

  it('goes through all pages', async () => {
    const simulator = await runSimulator();
    const raw = rawVultr(simulator);
    const tags = ['ghostifi:test', 'ghostifi:test:a'];
    for (let made = 0; made < 1010; made += 101) {
      await Promise.all(Array.from({ length: 101 }, () => raw('POST', '/instances', order({ tags }))));
    }
    const before = (await simulator.calls()).length;
    const listed = await driverOf(simulator).list('test', never);
    expect(new Set(listed.map(({ id }) => id)).size).toBe(1010);
    expect(await simulator.calls(before)).toHaveLength(3);
  });

  it.each([
    ['fewer machines came than the provider has', { total: 1, links: { next: '', prev: '' } }, 'unavailable'],
    ['the pages go round in a circle', { total: 1, links: { next: 'again', prev: '' } }, 'rejected'],
    ['it does not say whether there are more pages', { total: 0 }, 'rejected'],
  ])('fails rather than answer in part where %s', async (_why, meta, fault) => {
    const simulator = await runSimulator();
    const body = { instances: [], meta };
    await simulator.spoil({ kind: 'status', operation: 'list', status: 200, body, times: null });
    expect(await faultOf(driverOf(simulator).list('test', never))).toBe(fault);
    expect(await faultOf(driverOf(simulator).find(spec.name, owner, never))).toBe(fault);
  });

  it('asks for no page twice', async () => {
    const simulator = await runSimulator();
    const body = { instances: [], meta: { total: 0, links: { next: 'again', prev: '' } } };
    await simulator.spoil({ kind: 'status', operation: 'list', status: 200, body, times: null });
    await expect(driverOf(simulator).list('test', never)).rejects.toThrow('/instances pages in a circle');
    expect(await simulator.calls()).toHaveLength(2);
  });

  it('fails where a later page is lost', async () => {
    const simulator = await runSimulator();
    const page = { instances: [], meta: { total: 0, links: { next: 'bmV4dF9fMQ==', prev: '' } } };
    await simulator.spoil({ kind: 'status', operation: 'list', status: 200, body: page });
    await simulator.spoil({ kind: 'lost', operation: 'list' });
    expect(await faultOf(driverOf(simulator).list('test', never))).toBe('unavailable');
  });
});

describe("Vultr's account and catalogue", () => {
  it('names an account by a fingerprint that does not show it', async () => {
    const simulator = await runSimulator();
    const account = await driverOf(simulator).account(never);
    expect(account).toMatch(/^[0-9a-f]{16}$/);
    expect(await driverOf(simulator).account(never)).toBe(account);
    const body = { account: { name: 'Simulated Cloud', email: 'other@example.com' } };
    await simulator.spoil({ kind: 'status', operation: 'account', status: 200, body });
    expect(await driverOf(simulator).account(never)).not.toBe(account);
  });

  it('sells at least ten places, and says which plans each has', async () => {
    const { locations, plans } = await driverOf(await runSimulator()).catalogue(never);
    expect(locations.length).toBeGreaterThanOrEqual(10);
    expect(locations).toContainEqual({ id: 'ams', city: 'Amsterdam', country: 'NL' });
    const cheapest = plans.find(({ id }) => id === 'vc2-1c-1gb');
    expect(cheapest).toMatchObject({ cpus: 1, memoryMb: 1024, monthlyCost: 5 });
    expect(cheapest?.locations).toContain('ams');
    expect(plans.find(({ id }) => id === 'vhf-1c-1gb')?.locations).not.toContain('ams');
  });

  it('keeps the cents of a price', async () => {
    const simulator = await runSimulator();
    const plan = { id: 'tiny', vcpu_count: 1, ram: 512, monthly_cost: 2.5, locations: ['ewr'] };
    const body = { plans: [plan], meta: { total: 1, links: { next: '', prev: '' } } };
    await simulator.spoil({ kind: 'status', operation: 'plans', status: 200, body });
    expect((await driverOf(simulator).catalogue(never)).plans[0]?.monthlyCost).toBe(2.5);
  });
});
