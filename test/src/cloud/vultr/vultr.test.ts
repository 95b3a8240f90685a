import { describe, expect, it } from 'vitest';
import { runSimulator } from '../../simulator/running-simulator.ts';
import { order, rawVultr } from '../../simulator/vultr/client.ts';
import { faultOf, never } from '../conformance/scene.ts';
import { driverOf, owner, spec } from './driver.ts';

describe('a machine at Vultr', () => {
  it('is ordered as Debian 13 with IPv6, and with its name as hostname', async () => {
    const simulator = await runSimulator();
    await driverOf(simulator).create(spec, never);
    const { body } = await rawVultr(simulator)('GET', '/instances');
    expect(body.instances[0]).toMatchObject({
      os: 'Debian 13 x64 (trixie)',
      label: spec.name,
      hostname: spec.name,
      features: ['ipv6'],
      tags: ['ghostifi:test', 'ghostifi:test:a'],
    });
  });

  it('whose user data is removed gets user data that does nothing', async () => {
    const simulator = await runSimulator();
    const driver = driverOf(simulator);
    const { id } = await driver.create({ ...spec, userData: '#cloud-config\n{"secret":1}\n' }, never);
    await driver.forgetUserData(id, never);
    const { body } = await rawVultr(simulator)('GET', `/instances/${id}/user-data`);
    expect(Buffer.from(body.user_data.data, 'base64').toString()).toBe('#cloud-config\n{}\n');
  });

  it('whose user data Vultr still returns is `busy`, so that the caller tries again', async () => {
    const simulator = await runSimulator();
    const driver = driverOf(simulator);
    const { id } = await driver.create({ ...spec, userData: '#cloud-config\n{}\n' }, never);
    const body = { user_data: { data: 'c2VjcmV0' } };
    await simulator.injectFault({ kind: 'status', operation: 'user-data', status: 200, body });
    expect(await faultOf(driver.forgetUserData(id, never))).toBe('busy');
    await driver.forgetUserData(id, never);
  });

  it.each([
    [{ status: 'active', power_status: 'running' }, 'running'],
    [{ status: 'active', power_status: 'stopped' }, 'stopped'],
    [{ status: 'suspended', power_status: 'running' }, 'stopped'],
    [{ status: 'pending', power_status: 'running' }, 'pending'],
    [{ status: 'installing', power_status: 'running' }, 'pending'],
    [{ status: 'resizing', power_status: 'running' }, 'pending'],
  ])('that Vultr calls %j is %s', async (fields, state) => {
    const simulator = await runSimulator();
    const raw = rawVultr(simulator);
    const { body } = await raw('POST', '/instances', order());
    const instance = { ...body.instance, ...fields };
    await simulator.injectFault({ kind: 'status', operation: 'get', status: 200, body: { instance } });
    expect(await driverOf(simulator).get(instance.id, never)).toMatchObject({ state });
  });
});

describe('a search for machines at Vultr', () => {
  it.each([
    ['fewer machines arrive than the provider has', { total: 1, links: { next: '', prev: '' } }, 'unavailable'],
    ['the pages form a loop', { total: 1, links: { next: 'again', prev: '' } }, 'rejected'],
    ['the answer does not tell whether there are more pages', { total: 0 }, 'rejected'],
  ])('fails instead of returning a part if %s', async (_why, meta, fault) => {
    const simulator = await runSimulator();
    const body = { instances: [], meta };
    // Not for ever: a driver that follows a loop must end, so that the test can fail.
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 200, body, times: 20 });
    expect(await faultOf(driverOf(simulator).list('test', never))).toBe(fault);
    expect(await faultOf(driverOf(simulator).find(spec.name, owner, never))).toBe(fault);
  });

  it('requests no page twice', async () => {
    const simulator = await runSimulator();
    const body = { instances: [], meta: { total: 0, links: { next: 'again', prev: '' } } };
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 200, body, times: 20 });
    await expect(driverOf(simulator).list('test', never)).rejects.toThrow('/instances returns pages in a loop');
    expect(await simulator.calls()).toHaveLength(2);
  });
});

describe("Vultr's account and catalogue", () => {
  it('names an account by a fingerprint that does not reveal it', async () => {
    const simulator = await runSimulator();
    const account = await driverOf(simulator).account(never);
    expect(account).toMatch(/^[0-9a-f]{16}$/);
    const body = { account: { name: 'Simulated Cloud', email: 'other@example.com' } };
    await simulator.injectFault({ kind: 'status', operation: 'account', status: 200, body });
    expect(await driverOf(simulator).account(never)).not.toBe(account);
  });

  it('sells at least ten places, each with its plans', async () => {
    const { locations, plans } = await driverOf(await runSimulator()).catalogue(never);
    expect(locations.length).toBeGreaterThanOrEqual(10);
    expect(locations).toContainEqual({ id: 'ams', city: 'Amsterdam', country: 'NL' });
    const cheapest = plans.find(({ id }) => id === 'vc2-1c-1gb');
    expect(cheapest).toMatchObject({ cpus: 1, memoryMb: 1024, monthlyCost: 5 });
    expect(cheapest?.locations).toContain('ams');
    expect(plans.find(({ id }) => id === 'vhf-1c-1gb')?.locations).not.toContain('ams');
  });

  it('does not sell plans without an IPv4 address, or free plans that need an application', async () => {
    const { plans } = await driverOf(await runSimulator()).catalogue(never);
    expect(plans.filter(({ id }) => id.includes('0.5gb'))).toEqual([]);
  });

  it('lists all systems, also those that we do not support', async () => {
    const { images } = await driverOf(await runSimulator()).catalogue(never);
    expect(images).toEqual(['477', '1743', '2136', '2284', '2625']);
  });

  it('keeps the cents of a price', async () => {
    const simulator = await runSimulator();
    const plan = { id: 'tiny', vcpu_count: 1, ram: 512, monthly_cost: 2.5, locations: ['ewr'] };
    const body = { plans: [plan], meta: { total: 1, links: { next: '', prev: '' } } };
    await simulator.injectFault({ kind: 'status', operation: 'plans', status: 200, body });
    expect((await driverOf(simulator).catalogue(never)).plans[0]?.monthlyCost).toBe(2.5);
  });
});
