import { expect, it } from 'vitest';
import { checkedBy, contractsAreHere } from '../contract.ts';
import { type DriverUnderTest, faultOf, fill, never, owner, setUp } from './scene.ts';

/** Checks every request against the provider's document. Skipped, with a note, if the documents are absent. */
export function contractDemands(under: DriverUnderTest): void {
  it.skipIf(!contractsAreHere)('allows every request of the driver, and the simulator every answer to it', async () => {
    const scene = await setUp(under, { bootMs: 1000 });
    const { open, raw, clock, spec, settle, simulator } = scene;
    const base = under.apiUrl(simulator).slice(0, -under.documentPrefix.length || undefined);
    const checked = await checkedBy(under.document, base);
    const driver = open({ fetch: checked.fetch });
    await driver.account(never);
    await driver.account(never);
    await driver.catalogue(never);
    const { id } = await driver.create({ ...spec, userData: '#cloud-config\n{}\n' }, never);
    await driver.get(id, never);
    settle();
    clock.advance(1000);
    await fill(scene, 2);
    settle();
    const { body } = await raw('GET', `${under.path}?per_page=1`);
    await simulator.injectFault({ kind: 'status', operation: 'list', status: 200, body });
    await driver.find(spec.name, owner, never);
    await driver.list(owner.installation, never);
    await driver.get(id, never);
    await driver.forgetUserData(id, never);
    await driver.remove(id, never);
    await driver.remove(id, never);
    await driver.get(id, never);
    expect(await faultOf(driver.create({ ...spec, location: 'atlantis' }, never))).toBe('not-offered');
    expect(await faultOf(open({ fetch: checked.fetch, apiKey: 'wrong' }).list('test', never))).toBe('not-allowed');
    await simulator.injectFault({ kind: 'locked' });
    expect(await faultOf(driver.remove(under.unknownId, never))).toBe('busy');
    expect(checked.violations).toEqual([]);
    const lists = (await simulator.calls()).filter(({ operation }) => operation === 'list');
    expect(lists.some(({ path }) => /[?&](page|cursor)=/.test(path))).toBe(true);
  });

  it.skipIf(!contractsAreHere)('is checked against each request, so that an unknown field is reported', async () => {
    const { simulator } = await setUp(under);
    const { contract } = await checkedBy(under.document, simulator.url);
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' };
    const exchange = { method: 'POST', url: `${under.documentPrefix}${under.path}`, headers };
    const body = under.strangersOrder('theirs');
    expect(contract.checkRequest({ ...exchange, body })).toEqual([]);
    expect(contract.checkRequest({ ...exchange, body: { ...body, flavour: 'vanilla' } })).not.toEqual([]);
  });
}
