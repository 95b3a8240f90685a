import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devicesPerServer } from '#db/devices.ts';
import { clientConfig } from '#src/vpn/client-config.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { addressesOf, tunnel } from '#src/vpn/tunnel.ts';
import { userData } from '#src/vpn/user-data.ts';
import { bootFirst } from './first-boot.ts';
import type { Host } from './host.ts';
import { askTcp, type Internet, joinInternet, listenOn, places, startInternet } from './internet.ts';
import { lacking, skipped } from './requirements.ts';

const families = ['ipv4', 'ipv6'] as const;
type Family = (typeof families)[number];

describe.skipIf(lacking.length > 0)(`five devices that use one server at once${skipped}`, { timeout: 90_000 }, () => {
  const keys = vpnKeysOf(newVpnSecrets());
  const all: { readonly number: number; readonly host: Host }[] = [];
  let internet: Internet;
  beforeAll(async () => {
    internet = await startInternet();
    await bootFirst(internet.server, userData(keys, devicesPerServer));
    for (let number = 1; number <= devicesPerServer; number++) {
      const host = await joinInternet(internet, number);
      all.push({ number, host });
      const endpoint = { host: places.server.ipv4, port: tunnel.port };
      await host.write('/etc/wireguard/vpn.conf', clientConfig(endpoint, keys, number).replace(/^DNS.*\n/m, ''));
      await host.run('wg-quick', 'up', 'vpn');
      await listenOn(host, addressesOf(number));
    }
  }, 120_000);
  afterAll(async () => {
    await Promise.all(all.map(({ host }) => host.stop()));
    await internet?.stop();
  });

  test.each(families)('all reach the internet over %s', async (family) => {
    const answers = await Promise.all(all.map(({ host }) => askTcp(host, places.site[family], 80)));
    expect(answers).toEqual(Array(devicesPerServer).fill(places.server[family]));
  });

  test('have a session each, at their own addresses', async () => {
    const shown = (await internet.server.run('wg', 'show', 'wg0', 'latest-handshakes')).trim().split('\n');
    const times = new Map(shown.map((line) => [line.split('\t')[0], Number(line.split('\t')[1])]));
    for (const { client } of keys.devices) expect(times.get(client.publicKey)).toBeGreaterThan(0);
    const endpoints = await internet.server.run('wg', 'show', 'wg0', 'endpoints');
    for (const { number } of all) expect(endpoints).toContain(`\t198.51.${100 + number}.2:`);
  });

  test.each(families)('do not reach each other over %s', async (family) => {
    const found = await Promise.all(all.map(({ host }) => answering(host, family)));
    // Each finds its own address only.
    expect(found).toEqual(all.map(({ number }) => [addressesOf(number)[family]]));
    const [first, second] = all;
    expect(await askTcp(second?.host ?? internet.middle, addressesOf(1)[family], 80)).toBe('nothing');
    expect(await askTcp(first?.host ?? internet.middle, addressesOf(1)[family], 80)).toBe(addressesOf(1)[family]);
  });

  test.each(families)('get no answer over %s with the address of another one', async (family) => {
    const [, second] = all;
    const [own, other] = [addressesOf(2)[family], addressesOf(1)[family]];
    const host = second?.host ?? internet.middle;
    await host.run('ip', 'address', 'add', `${other}/${family === 'ipv4' ? 32 : 128}`, 'dev', 'vpn');
    const asks = (source: string) => pings(host, places.site[family], ['-I', source]);
    expect([await asks(own), await asks(other)]).toEqual([true, false]);
  });

  test('would reach each other without the rule that separates them', async () => {
    const { server } = internet;
    const listed = await server.run('nft', '-a', 'list', 'chain', 'inet', 'vpn', 'forward');
    const rule = /iifname "wg0" oifname "wg0" drop # handle (\d+)/.exec(listed)?.[1] ?? 'missing';
    const replace = ['replace', 'rule', 'inet', 'vpn', 'forward', 'handle', rule];
    await server.run('nft', ...replace, 'iifname', 'wg0', 'oifname', 'wg0', 'accept');
    const found = await Promise.all(all.map(({ host }) => answering(host, 'ipv4')));
    expect(found).toContainEqual(all.map(({ number }) => addressesOf(number).ipv4));
  });

  /** The devices' addresses that answer a ping from this host. */
  async function answering(host: Host, family: Family): Promise<string[]> {
    const addresses = all.map(({ number }) => addressesOf(number)[family]);
    const answers = await Promise.all(addresses.map((address) => pings(host, address)));
    return addresses.filter((_, at) => answers[at]);
  }
});

function pings(host: Host, address: string, options: readonly string[] = []): Promise<boolean> {
  return host.run('ping', '-c', '2', '-i', '0.3', '-W', '2', ...options, address).then(
    () => true,
    () => false,
  );
}
