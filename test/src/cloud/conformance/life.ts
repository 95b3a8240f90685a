import { expect, it, vi } from 'vitest';
import { type DriverUnderTest, faultOf, never, owner, setUp } from './scene.ts';

/** From the order to the removal. */
export function lifeDemands(under: DriverUnderTest): void {
  it('has its name and place from the start, its owner once it is listed, and addresses once it runs', async () => {
    const { driver, clock, spec } = await setUp(under, { bootMs: 90_000 });
    const made = await driver.create(spec, never);
    const { name, location, plan } = spec;
    expect(made).toMatchObject({ name, location, plan, state: 'pending' });
    expect(made.id).toMatch(/^\S+$/);
    expect([null, '198.18.0.2']).toContain(made.ipv4);
    expect(made.createdAt).toEqual(new Date(clock.now()));
    clock.advance(90_000);
    const running = await driver.get(made.id, never);
    const { id, createdAt } = made;
    expect(running).toMatchObject({ id, name, location, plan, createdAt, owner, state: 'running', ipv4: '198.18.0.2' });
    expect(running?.ipv6).toMatch(/^2001:db8:0:1:[0-9a-f:]*:1$/);
    expect(await driver.find(name, owner, never)).toEqual([running]);
    expect(await driver.list(owner.installation, never)).toEqual([running]);
  });

  it('is gone after its removal, and a second removal is no error', async () => {
    const { driver, spec, settle, simulator } = await setUp(under);
    const { id } = await driver.create(spec, never);
    settle();
    await driver.remove(id, never);
    expect(await driver.get(id, never)).toBeNull();
    expect(await driver.find(spec.name, owner, never)).toEqual([]);
    expect(await driver.list(owner.installation, never)).toEqual([]);
    await driver.remove(id, never);
    expect((await simulator.machines()).map(({ state }) => state)).toEqual(['removed']);
  });

  it('gets its user data in the form of its provider, and none if none is given', async () => {
    const { open, spec } = await setUp(under);
    const orders: string[] = [];
    const listening: typeof fetch = (url, init) => {
      if (init?.method === 'POST') orders.push(JSON.parse(String(init.body)).user_data);
      return fetch(url, init);
    };
    const driver = open({ fetch: listening });
    const text = '#cloud-config\n{"runcmd":["true"]}\n';
    await driver.create({ ...spec, userData: text }, never);
    await driver.create({ ...spec, name: 'gf-srv-1-2' }, never);
    expect([text, Buffer.from(text).toString('base64')]).toContain(orders[0]);
    expect(orders[1]).toBeUndefined();
  });

  it('loses only its user data if that is to be removed, and a machine that is gone needs no change', async () => {
    const { driver, spec, settle } = await setUp(under);
    const { id } = await driver.create({ ...spec, userData: '#cloud-config\n{}\n' }, never);
    settle();
    const before = await driver.get(id, never);
    await driver.forgetUserData(id, never);
    expect(await driver.get(id, never)).toEqual(before);
    await driver.remove(id, never);
    await driver.forgetUserData(id, never);
    await driver.forgetUserData(under.unknownId, never);
  });

  it('that is locked cannot be removed yet', async () => {
    const { driver, clock, spec, settle } = await setUp(under, { lockMs: 120_000 });
    const { id } = await driver.create(spec, never);
    settle();
    expect(await faultOf(driver.remove(id, never))).toBe('busy');
    clock.advance(120_000);
    await driver.remove(id, never);
    expect(await driver.get(id, never)).toBeNull();
  });

  it('with an unknown id reads as null, and counts as removed', async () => {
    const { driver } = await setUp(under);
    expect(await driver.get(under.unknownId, never)).toBeNull();
    await driver.remove(under.unknownId, never);
  });

  it('with the name of another is refused if names are unique, and made if they are not', async () => {
    const { driver, spec, settle } = await setUp(under);
    await driver.create(spec, never);
    const second = await faultOf(driver.create(spec, never));
    settle();
    const found = await driver.find(spec.name, owner, never);
    expect(found).toHaveLength(under.uniqueNames ? 1 : 2);
    if (under.uniqueNames) expect(second).toBe('name-taken');
  });

  it('is still ordered if the caller stops during the order', async () => {
    const { driver, clock, spec, simulator } = await setUp(under);
    await simulator.injectFault({ kind: 'slow', operation: 'create', when: 'after', ms: 1000 });
    const abort = new AbortController();
    const made = driver.create(spec, abort.signal);
    await vi.waitFor(() => expect(clock.waiting()).toBe(1));
    abort.abort(new Error('shutting down'));
    clock.advance(1000);
    expect(await made).toMatchObject({ name: spec.name });
  });
}
