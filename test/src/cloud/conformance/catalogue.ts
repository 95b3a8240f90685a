import { expect, it } from 'vitest';
import { type DriverUnderTest, faultOf, never, setUp } from './scene.ts';

/** Account and catalogue. */
export function catalogueDemands(under: DriverUnderTest): void {
  it('the account name stays the same, for later processes and for simultaneous ones', async () => {
    const { driver, open } = await setUp(under);
    const [account, same] = await Promise.all([driver.account(never), open().account(never)]);
    expect(account).toMatch(/^[0-9a-f]{16}$/);
    expect(same).toBe(account);
    expect(await open().account(never)).toBe(account);
  });

  it('another account has another name', async () => {
    const accounts = await Promise.all([setUp(under), setUp(under)]);
    await under.changeAccount(accounts[1]);
    const [one, other] = await Promise.all(accounts.map(({ driver }) => driver.account(never)));
    expect(other).not.toBe(one);
  });

  it('each place has a city, a country and a unique id', async () => {
    const { driver } = await setUp(under);
    const { locations } = await driver.catalogue(never);
    expect(locations.length).toBeGreaterThanOrEqual(5);
    expect(new Set(locations.map(({ id }) => id)).size).toBe(locations.length);
    for (const { city, country } of locations) {
      expect(city).toMatch(/^\p{Lu}[\p{L} ,.]+$/u);
      expect(country).toMatch(/^[A-Z]{2}$/);
    }
  });

  it('each plan has a size, a price and the places where it is available', async () => {
    const { driver } = await setUp(under);
    const { locations, plans } = await driver.catalogue(never);
    expect(plans.find(({ id }) => id === under.plan)?.locations).toContain(under.location);
    for (const plan of plans) {
      expect(plan.cpus).toBeGreaterThan(0);
      expect(plan.memoryMb).toBeGreaterThanOrEqual(512);
      expect(plan.monthlyCost).toBeGreaterThan(1);
      expect(plan.currency).toMatch(/^[A-Z]{3}$/);
      expect(locations.map(({ id }) => id)).toEqual(expect.arrayContaining([...plan.locations]));
    }
  });

  it('it has the preferred image, and a plan, a place or an image that it lacks is refused as such', async () => {
    const { driver, spec } = await setUp(under);
    const { images } = await driver.catalogue(never);
    expect(images).toContain(driver.images[0]);
    const refused = (change: object) => faultOf(driver.create({ ...spec, ...change }, never));
    expect(await refused({ plan: 'mainframe' })).toBe('not-offered');
    expect(await refused({ location: 'atlantis' })).toBe('not-offered');
    expect(await refused({ image: '1' })).toBe('no-image');
  });

  it.each([0, 1, 2])('the supported image %i can be ordered if it is listed', async (index) => {
    const { driver, spec } = await setUp(under);
    const image = driver.images[index] ?? 'missing';
    const isListed = (await driver.catalogue(never)).images?.includes(image);
    const ordered = await faultOf(driver.create({ ...spec, image }, never));
    expect(ordered).toMatch(isListed ? /^no error/ : /^no-image$/);
  });

  it('everything in the catalogue can be ordered, and gets an IPv4 address', async () => {
    const { clock, driver, spec } = await setUp(under);
    const { plans } = await driver.catalogue(never);
    const sold = plans.flatMap(({ id, locations }) => locations.map((location) => ({ plan: id, location })));
    expect(sold.length).toBeGreaterThan(0);
    for (const [index, what] of sold.entries()) {
      expect(await driver.create({ ...spec, ...what, name: `gf-srv-1-${index}` }, never)).toMatchObject(what);
    }
    clock.advance(3_600_000);
    const machines = await driver.list(spec.owner.installation, never);
    expect(machines).toHaveLength(sold.length);
    expect(machines.filter(({ ipv4 }) => ipv4 === null).map(({ plan }) => plan)).toEqual([]);
  });
}
