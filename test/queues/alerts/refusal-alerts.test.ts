import { describe, expect, test } from 'vitest';
import { raiseRefusalAlerts } from '#queues/alerts/refusal-alerts.ts';
import { createDnsGate } from '#queues/gates/dns-gate.ts';
import { createProviderGate } from '#queues/gates/provider-gate.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import { useWorkplace } from '../workplace.ts';

const place = useWorkplace();
const signal = new AbortController().signal;
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };

/** A provider that accepts listings with our key, and refuses orders until `may.order` is set. */
function listingOnly() {
  const may = { order: false };
  const answer = { error: new ProviderError('not-allowed', 'Unauthorized IP address.') };
  const provider: Provider = {
    ...place.provider,
    list: () => Promise.resolve([]),
    create: () => (may.order ? place.provider.create(spec, signal) : Promise.reject(answer.error)),
  };
  const gate = createProviderGate(provider, place.deps.now, () => place.clock.now.getTime());
  return { gate, may, answer };
}

const raise = (gate: ReturnType<typeof listingOnly>['gate']) =>
  raiseRefusalAlerts({
    store: place.store,
    gate,
    whose: 'simulator',
    kind: 'provider-refuses',
    now: place.deps.now,
  });
const alerts = async () => (await place.store.readAlerts('provider-refuses')).map(({ id }) => id);

test('a key that may list but not order raises an alert, which only an order clears', async () => {
  const { gate, may } = listingOnly();
  await expect(gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  await gate.provider.list('test', signal);
  expect(gate.fault()).toBe('not-allowed');
  await raise(gate);
  await raise(gate);
  expect(await alerts()).toEqual(['provider-refuses:create']);

  may.order = true;
  await gate.provider.create(spec, signal);
  place.later(11);
  await raise(gate);
  expect(await alerts()).toEqual([]);
});

test('an alert that lasts is written once', async () => {
  const { gate } = listingOnly();
  await expect(gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  const raised: string[] = [];
  const raiseAlert: typeof place.store.raiseAlert = (alert) => {
    raised.push(alert.id);
    return place.store.raiseAlert(alert);
  };
  const deps = { store: { ...place.store, raiseAlert }, gate, whose: 'simulator', now: place.deps.now } as const;
  for (let n = 0; n < 3; n += 1) await raiseRefusalAlerts({ ...deps, kind: 'provider-refuses' });
  expect(raised).toEqual(['provider-refuses:create']);
});

test('an order that succeeds in one process clears the alert of another process', async () => {
  const refused = listingOnly();
  await expect(refused.gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  await raise(refused.gate);
  expect(await alerts()).toHaveLength(1);
  const other = listingOnly();
  other.may.order = true;
  place.later(11);
  await other.gate.provider.create({ ...spec, name: 'gf-srv-1-2' }, signal);
  await raise(other.gate);
  expect(await alerts()).toEqual([]);
});

test('the alert stays while the other process is still refused, for example for its address or old key', async () => {
  const [refused, other] = [listingOnly(), listingOnly()];
  other.may.order = true;
  await expect(refused.gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  for (let n = 0; n < 20; n += 1) {
    await raise(refused.gate);
    await other.gate.provider.create({ ...spec, name: `gf-srv-1-${n}` }, signal);
    await raise(other.gate);
    expect(await alerts()).toEqual(['provider-refuses:create']);
    place.later(2);
  }
});

describe('a limit', () => {
  const limited = async ({ gate, answer }: ReturnType<typeof listingOnly>, seconds: number) => {
    answer.error = new ProviderError('rate-limited', 'Too many requests.', { retryAfterMs: seconds * 1000 });
    await expect(gate.provider.create(spec, signal)).rejects.toThrow('Too many');
    await raise(gate);
  };

  test('of an hour raises an alert at once, even if other calls succeed, and clears after the hour', async () => {
    const one = listingOnly();
    await limited(one, 3_600);
    for (let n = 0; n < 180; n += 1) {
      expect(await alerts()).toEqual(['provider-refuses:rate-limit']);
      place.later(20);
      await one.gate.provider.list('test', signal);
      await raise(one.gate);
      await raise(listingOnly().gate);
    }
    place.later(16);
    await raise(one.gate);
    expect(await alerts()).toEqual([]);
  });

  test('of seconds raises an alert once it has been repeated for a minute', async () => {
    const one = listingOnly();
    for (let n = 0; n < 12; n += 1) {
      await limited(one, 3);
      expect(await alerts()).toEqual([]);
      place.later(5);
    }
    await limited(one, 3);
    expect(await alerts()).toEqual(['provider-refuses:rate-limit']);
  });

  test('that happens rarely raises no alert', async () => {
    const one = listingOnly();
    for (let n = 0; n < 12; n += 1) {
      await limited(one, 3);
      place.later(20);
    }
    expect(await alerts()).toEqual([]);
  });

  test('whose process has died clears if no other process is limited', async () => {
    await limited(listingOnly(), 3_600);
    place.later(11);
    await raise(listingOnly().gate);
    expect(await alerts()).toEqual([]);
  });
});

test('a name that the DNS refuses raises an alert with its message, until a call about that name succeeds', async () => {
  const { store, dns } = place;
  const time = { ms: 0 };
  const open = () =>
    createDnsGate(
      dns,
      () => new Date(time.ms),
      () => time.ms,
    );
  const [one, other] = [open(), open()];
  const point = (gate: typeof one, name: string) => gate.dns.point(name, { ipv4: '192.0.2.1', ipv6: null }, signal);
  const raiseOf = (gate: typeof one) =>
    raiseRefusalAlerts({
      store,
      gate,
      whose: 'cloudflare',
      kind: 'dns-refuses',
      now: () => new Date(time.ms),
    });
  const recorded = async () => (await store.readAlerts('dns-refuses')).map(({ id, message }) => `${id} ${message}`);

  dns.fail('point', new DnsError('rejected', '81045: Record quota exceeded.'));
  await expect(point(one, 'srv-1.vpn.test')).rejects.toThrow('quota');
  await point(one, 'srv-2.vpn.test');
  await raiseOf(one);
  await raiseOf(one);
  expect(await recorded()).toEqual([
    expect.stringMatching(/^dns-refuses:srv-1\.vpn\.test .* 81045: Record quota exceeded\./),
  ]);
  expect([one.waitMs(), one.fault()]).toEqual([0, null]);

  // Nobody holds it: one success in any process is enough.
  await point(other, 'srv-1.vpn.test');
  for (const gate of [other, one, other]) await raiseOf(gate);
  expect(await recorded()).toEqual([]);
});
