import { expect, test } from 'vitest';
import { createDnsGate } from '#queues/dns-gate.ts';
import { DnsError } from '#queues/ports/dns.ts';
import { type Provider, ProviderError } from '#queues/ports/provider.ts';
import { createProviderGate } from '#queues/provider-gate.ts';
import { tellRefusals } from '#queues/refusals.ts';
import { useWorkplace } from './workplace.ts';

const place = useWorkplace();
const signal = new AbortController().signal;
const owner = { installation: 'test', serverId: 'srv-1' };
const spec = { name: 'gf-srv-1-1', owner, location: 'ewr', plan: 'small', userData: null };

/** A provider that lets our key list, and order only when told. */
function listingOnly() {
  const may = { order: false };
  const provider: Provider = {
    ...place.provider,
    list: () => Promise.resolve([]),
    create: () =>
      may.order
        ? place.provider.create(spec, signal)
        : Promise.reject(new ProviderError('not-allowed', 'Unauthorized IP address.')),
  };
  const gate = createProviderGate(provider, () => new Date());
  return { gate, may };
}

const tell = (gate: ReturnType<typeof listingOnly>['gate']) =>
  tellRefusals({ store: place.store, gate, whose: 'simulator', kind: 'provider-refuses', now: () => new Date() });
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
  await other.gate.provider.create({ ...spec, name: 'gf-srv-1-2' }, signal);
  await tell(other.gate);
  expect(await alerts()).toEqual([]);
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
    tellRefusals({ store, gate, whose: 'cloudflare', kind: 'dns-refuses', now: () => new Date(time.ms) });
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
