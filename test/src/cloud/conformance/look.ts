import { expect, it } from 'vitest';
import type { CloudMachine } from '#queues/ports/provider.ts';
import { type DriverUnderTest, faultOf, fill, never, owner, setUp } from './scene.ts';

const ids = (machines: readonly CloudMachine[]) => machines.map(({ id }) => id).sort();

/** List and find return all machines of the owner, and no others. */
export function lookDemands(under: DriverUnderTest): void {
  it('finds machines with our tag or our name, each once, and no others', async () => {
    const { driver, raw, spec, settle } = await setUp(under);
    const both = await driver.create(spec, never);
    const tagged = await driver.create({ ...spec, name: 'gf-srv-1-2' }, never);
    await driver.create({ ...spec, name: 'gf-srv-2-1', owner: { ...owner, serverId: 'srv-2' } }, never);
    await driver.create({ ...spec, name: 'gf-srv-1-1x', owner: { ...owner, installation: 'test2' } }, never);
    await raw('POST', under.path, under.strangersOrder('gf-srv-1-3'));
    settle();
    expect(ids(await driver.find(spec.name, owner, never))).toEqual(ids([both, tagged]));
    const foreign = await driver.find('gf-srv-1-3', owner, never);
    expect(foreign).toHaveLength(3);
    expect(foreign.find(({ name }) => name === 'gf-srv-1-3')?.owner).toBeNull();
  });

  it('lists the machines of one installation, and no others', async () => {
    const { driver, raw, spec, settle } = await setUp(under);
    const ours = await driver.create(spec, never);
    await driver.create({ ...spec, name: 'gf-srv-1-2', owner: { ...owner, installation: 'test2' } }, never);
    await raw('POST', under.path, under.strangersOrder('theirs'));
    settle();
    expect(ids(await driver.list(owner.installation, never))).toEqual([ours.id]);
  });

  it('drops other machines that the filters of the API let through', async () => {
    const { driver, raw, spec, settle, simulator } = await setUp(under);
    await driver.create({ ...spec, name: 'gf-srv-1-11', owner: { ...owner, installation: 'test2' } }, never);
    settle();
    const { body } = await raw('GET', under.path);
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 200, body, times: 3 });
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    expect(await driver.list(owner.installation, never)).toEqual([]);
  });

  it('reads all pages of 350 machines in as few calls as the provider allows', async () => {
    const scene = await setUp(under);
    const { driver, settle, simulator } = scene;
    await fill(scene, 350);
    settle();
    const before = (await simulator.calls()).length;
    expect(new Set(ids(await driver.list(owner.installation, never))).size).toBe(350);
    expect(await simulator.calls(before)).toHaveLength(Math.ceil(350 / under.perPage));
    expect(await driver.find('gf-srv-1-1007', owner, never)).toHaveLength(350);
  });

  it('fails if a later page is lost', async () => {
    const scene = await setUp(under);
    const { driver, raw, settle, simulator } = scene;
    await fill(scene, 2);
    settle();
    const { body } = await raw('GET', `${under.path}?per_page=1`);
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 200, body });
    await simulator.injectFault({ kind: 'lost', operation: 'list' });
    expect(await faultOf(driver.list(owner.installation, never))).toBe('unavailable');
  });

  it('finds a machine later if it is listed late', async () => {
    const { driver, clock, spec, simulator } = await setUp(under);
    await simulator.injectFault({ kind: 'late-list', operation: 'create', ms: 4000 });
    await simulator.injectFault({ kind: 'lost', operation: 'create' });
    expect(await faultOf(driver.create(spec, never))).toBe('unknown');
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    expect(await driver.list(owner.installation, never)).toEqual([]);
    clock.advance(4000);
    expect(await driver.find(spec.name, owner, never)).toHaveLength(1);
  });
}
