import { describe, expect, test, vi } from 'vitest';
import { tallySetting } from '#db/settings.ts';
import { ProviderError } from '#queues/ports/provider.ts';
import { usageSetting } from '#queues/statements/usage.ts';
import { catalogueSetting, readCatalogue } from '#queues/upkeep/catalogue.ts';
import { createUpkeep, type UpkeepDeps } from '#queues/upkeep/upkeep.ts';
import { anything, order, plain } from '../../db/conformance/fixture.ts';
import { quiet } from '../../world.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const { signal } = new AbortController();
const upkeepOf = (holder: string, changes: Partial<UpkeepDeps> = {}) =>
  createUpkeep({
    store: place.store,
    provider: place.provider,
    dns: place.dns,
    installation: 'test',
    keptDays: { answers: 7, deliveries: 30, jobs: 90, machines: 400, servers: 400, workers: 1 },
    now: place.deps.now,
    log: quiet,
    holder,
    onReport: () => undefined,
    statementZone: 'UTC',
    hasPayments: false,
    ...changes,
  });

test('one of many processes does the upkeep, and continues to do it', async () => {
  const [first, second] = [upkeepOf('one'), upkeepOf('two')];
  expect(await first.runOnce(signal)).toBe(true);
  expect(await second.runOnce(signal)).toBe(false);
  place.later(40);
  expect(await first.runOnce(signal)).toBe(true);
  place.later(40);
  expect(await second.runOnce(signal)).toBe(false);
  expect(place.provider.count('list')).toBe(2);
});

test('another process takes over a minute after the last renewal of the lease', async () => {
  await upkeepOf('one').runOnce(signal);
  place.later(60);
  expect(await upkeepOf('two').runOnce(signal)).toBe(false);
  place.later(1);
  expect(await upkeepOf('two').runOnce(signal)).toBe(true);
});

test('only one of two simultaneous processes does the upkeep', async () => {
  const both = await Promise.all([upkeepOf('one').runOnce(signal), upkeepOf('two').runOnce(signal)]);
  expect(both.sort()).toEqual([false, true]);
});

test('the interval between listings grows with the number of machines, as the provider demands', async () => {
  await place.running();
  await place.running();
  const upkeep = upkeepOf('one');
  await upkeep.runOnce(signal);
  const listed = place.provider.count('list');
  place.later(9);
  expect(await upkeep.runOnce(signal)).toBe(true);
  expect(place.provider.count('list')).toBe(listed);
  place.later(1);
  await upkeep.runOnce(signal);
  expect(place.provider.count('list')).toBe(listed + 1);
});

test('a pass gets the missing machines of the previous pass', async () => {
  await place.running();
  await place.running();
  place.provider.vanish('vps-1');
  const onReport = vi.fn();
  const upkeep = upkeepOf('one', { onReport });
  await upkeep.runOnce(signal);
  place.later(20);
  await upkeep.runOnce(signal);
  expect(onReport.mock.calls.map(([report]) => report.alerts.length)).toEqual([0, 1]);
});

test('a process that takes over keeps the alert for a missing machine', async () => {
  await place.running();
  await place.running();
  place.provider.vanish('vps-1');
  const [first, second] = [upkeepOf('one'), upkeepOf('two')];
  await first.runOnce(signal);
  place.later(20);
  await first.runOnce(signal);
  place.later(61);
  expect(await second.runOnce(signal)).toBe(true);
  expect(await place.store.readAlerts('machine-missing')).toHaveLength(1);
});

test('the catalogue is read once an hour, and not while the provider does not answer', async () => {
  const upkeep = upkeepOf('one');
  place.provider.fail('list', new ProviderError('unavailable', 'Away.'));
  await upkeep.runOnce(signal);
  expect(await readCatalogue(place.store, 'simulator')).toBeNull();
  await upkeep.runOnce(signal);
  expect(await readCatalogue(place.store, 'simulator')).toMatchObject({ locations: [], plans: [] });
  await upkeep.runOnce(signal);
  expect(place.provider.count('catalogue')).toBe(1);
  place.later(3_601);
  await upkeep.runOnce(signal);
  expect(place.provider.count('catalogue')).toBe(2);
});

/** So long ago was the first listing, so that the statement of a whole day is due. */
const listedSince = (daysAgo: number) => {
  const beganAt = place.clock.now.getTime() - daysAgo * 24 * 3_600_000;
  return place.store.putSetting(usageSetting, { beganAt, listedAt: beganAt, days: {} }, place.clock.now);
};

describe('a failed catalogue', () => {
  test('delays nothing else: rows are deleted, the day is stated, and everything is counted', async () => {
    await listedSince(3);
    const prune = vi.fn(place.store.prune);
    const upkeep = upkeepOf('one', { store: { ...place.store, prune } });
    place.provider.fail('catalogue', new ProviderError('rejected', 'Odd.'));
    await expect(upkeep.runOnce(signal)).rejects.toThrow('Odd.');
    expect(prune.mock.calls.map(([what]) => what)).toEqual([
      'answers',
      'deliveries',
      'jobs',
      'machines',
      'servers',
      'workers',
    ]);
    expect(await place.store.readStatements({ limit: 5 })).toHaveLength(1);
    expect(await place.store.readSetting(tallySetting)).not.toBeNull();
  });

  test('is read again after a minute, not by each pass, and hourly once it succeeds', async () => {
    const upkeep = upkeepOf('one');
    /** How often it was read, after passes for so many minutes. */
    const readWithin = async (minutes: number) => {
      const before = place.provider.count('catalogue');
      for (let n = 0; n < 3 * minutes; n += 1) {
        await upkeep.runOnce(signal).catch(() => undefined);
        place.later(20);
      }
      return place.provider.count('catalogue') - before;
    };
    place.provider.fail('catalogue', new ProviderError('rejected', 'Odd.'), { times: 4 });
    expect(await readWithin(4)).toBe(4);
    expect(await readWithin(4)).toBe(1);
    expect(await readCatalogue(place.store, 'simulator')).not.toBeNull();
  });
});

test('a task that fails is reported with all others that fail, and none of them stops the rest', async () => {
  await listedSince(3);
  const broken = (what: string) => () => Promise.reject(new Error(`No ${what}.`));
  const store = { ...place.store, prune: broken('room'), readMachines: broken('rows'), recordStatement: broken('day') };
  await expect(upkeepOf('one', { store }).runOnce(signal)).rejects.toThrow(/No room\..*No rows\..*No day\./);
  expect(await place.store.readSetting(tallySetting)).not.toBeNull();
});

test('a stop begins no other task', async () => {
  const stopping = new AbortController();
  place.provider.during('list', () => stopping.abort());
  await upkeepOf('one')
    .runOnce(stopping.signal)
    .catch(() => undefined);
  expect(place.provider.count('list')).toBe(1);
  expect(await place.store.readSetting(tallySetting)).toBeNull();
});

test('answers are deleted after a week, and not before', async () => {
  const again = () =>
    place.store.recordPurchase(order({ now: place.clock.now }), {
      ...plain,
      idempotency: { token: 'shop', key: 'k-1', bodyHash: 'h' },
    });
  await again();
  const upkeep = upkeepOf('one');
  place.later(7 * 24 * 3_600 - 60);
  await upkeep.runOnce(signal);
  expect((await again()).recorded).toBeNull();
  place.later(2 * 3_600);
  await upkeep.runOnce(signal);
  expect((await again()).recorded).not.toBeNull();
});

test('a stored catalogue of another shape, for example of an older version, counts as none', async () => {
  await place.store.putSetting(anything('catalogue'), { regions: [] }, place.clock.now);
  expect(await readCatalogue(place.store, 'simulator')).toBeNull();
});

test('the stored catalogue of another cloud, for example after a change of CLOUD, counts as none', async () => {
  await upkeepOf('one').runOnce(signal);
  expect(await readCatalogue(place.store, 'simulator')).not.toBeNull();
  expect(await readCatalogue(place.store, 'hetzner')).toBeNull();
  await place.store.putSetting(catalogueSetting, { locations: [], plans: [] }, place.clock.now);
  expect(await readCatalogue(place.store, 'hetzner')).not.toBeNull();
});
