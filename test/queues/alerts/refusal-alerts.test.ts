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

/** A provider that lets our key list, and refuses its orders until told otherwise. */
function listingOnly() {
  const may = { order: false };
  const told = { refusal: new ProviderError('not-allowed', 'Unauthorized IP address.') };
  const provider: Provider = {
    ...place.provider,
    list: () => Promise.resolve([]),
    create: () => (may.order ? place.provider.create(spec, signal) : Promise.reject(told.refusal)),
  };
  const gate = createProviderGate(provider, place.deps.now, () => place.clock.now.getTime());
  return { gate, may, told };
}

const tell = (gate: ReturnType<typeof listingOnly>['gate']) =>
  raiseRefusalAlerts({
    store: place.store,
    gate,
    whose: 'simulator',
    kind: 'provider-refuses',
    now: place.deps.now,
  });
const alerts = async () => (await place.store.readAlerts('provider-refuses')).map(({ id }) => id);

test('a key that may list and not order raises an alert, which a listing does not clear and an order does', async () => {
  const { gate, may } = listingOnly();
  await expect(gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  await gate.provider.list('test', signal);
  expect(gate.fault()).toBe('not-allowed');
  await tell(gate);
  await tell(gate);
  expect(await alerts()).toEqual(['provider-refuses:create']);

  may.order = true;
  await gate.provider.create(spec, signal);
  place.later(11);
  await tell(gate);
  expect(await alerts()).toEqual([]);
});

test('an order that succeeds in one process clears what another has raised', async () => {
  const refused = listingOnly();
  await expect(refused.gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  await tell(refused.gate);
  expect(await alerts()).toHaveLength(1);
  const other = listingOnly();
  other.may.order = true;
  place.later(11);
  await other.gate.provider.create({ ...spec, name: 'gf-srv-1-2' }, signal);
  await tell(other.gate);
  expect(await alerts()).toEqual([]);
});

test('nor does it while the other is refused still, as with its address or its old key', async () => {
  const [refused, other] = [listingOnly(), listingOnly()];
  other.may.order = true;
  await expect(refused.gate.provider.create(spec, signal)).rejects.toThrow('Unauthorized');
  for (let n = 0; n < 20; n += 1) {
    await tell(refused.gate);
    await other.gate.provider.create({ ...spec, name: `gf-srv-1-${n}` }, signal);
    await tell(other.gate);
    expect(await alerts()).toEqual(['provider-refuses:create']);
    place.later(2);
  }
});

describe('a limit', () => {
  const limited = async ({ gate, told }: ReturnType<typeof listingOnly>, seconds: number) => {
    told.refusal = new ProviderError('rate-limited', 'Too many requests.', { retryAfterMs: seconds * 1000 });
    await expect(gate.provider.create(spec, signal)).rejects.toThrow('Too many');
    await tell(gate);
  };

  test('of an hour is told at once, also while other calls succeed, and is over after it', async () => {
    const one = listingOnly();
    await limited(one, 3_600);
    for (let n = 0; n < 180; n += 1) {
      expect(await alerts()).toEqual(['provider-refuses:rate-limit']);
      place.later(20);
      await one.gate.provider.list('test', signal);
      await tell(one.gate);
      await tell(listingOnly().gate);
    }
    place.later(16);
    await tell(one.gate);
    expect(await alerts()).toEqual([]);
  });

  test('of seconds is told once it has come again and again for a minute', async () => {
    const one = listingOnly();
    for (let n = 0; n < 12; n += 1) {
      await limited(one, 3);
      expect(await alerts()).toEqual([]);
      place.later(5);
    }
    await limited(one, 3);
    expect(await alerts()).toEqual(['provider-refuses:rate-limit']);
  });

  test('that comes seldom is told by nobody', async () => {
    const one = listingOnly();
    for (let n = 0; n < 12; n += 1) {
      await limited(one, 3);
      place.later(20);
    }
    expect(await alerts()).toEqual([]);
  });

  test('whose process has died is over when no other meets it', async () => {
    await limited(listingOnly(), 3_600);
    place.later(11);
    await tell(listingOnly().gate);
    expect(await alerts()).toEqual([]);
  });
});

test('a name that the DNS does not take is told in its words, until a call about that name succeeds', async () => {
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
  const tellOf = (gate: typeof one) =>
    raiseRefusalAlerts({
      store,
      gate,
      whose: 'cloudflare',
      kind: 'dns-refuses',
      now: () => new Date(time.ms),
    });
  const told = async () => (await store.readAlerts('dns-refuses')).map(({ id, message }) => `${id} ${message}`);

  dns.fail('point', new DnsError('rejected', '81045: Record quota exceeded.'));
  await expect(point(one, 'srv-1.vpn.test')).rejects.toThrow('quota');
  await point(one, 'srv-2.vpn.test');
  await tellOf(one);
  await tellOf(one);
  expect(await told()).toEqual([
    expect.stringMatching(/^dns-refuses:srv-1\.vpn\.test .* 81045: Record quota exceeded\./),
  ]);
  expect([one.waitMs(), one.fault()]).toEqual([0, null]);

  time.ms += 60_000;
  await point(other, 'srv-1.vpn.test');
  for (const gate of [other, one, other]) await tellOf(gate);
  expect(await told()).toEqual([]);
});
