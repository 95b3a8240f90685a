import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { devicesPerServer } from '#db/devices.ts';
import { clientConfig } from '#src/vpn/client-config.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import { userData } from '#src/vpn/user-data.ts';
import { hasProgram } from '../programs.ts';
import { bootFirst } from './first-boot.ts';
import type { Host } from './host.ts';
import { askTcp, type Internet, places, shakeHandsFrom, startInternet } from './internet.ts';
import { lacking, skipped } from './requirements.ts';

const file = '/etc/wireguard/vpn.conf';
/** The commands of docs/vpn.md that change the file, by what they cure. */
const cures = Object.fromEntries(
  [...readFileSync(new URL('../../docs/vpn.md', import.meta.url), 'utf8').matchAll(/^(sed .*) # (.*)$/gm)].map(
    ([, command = '', cure = '']) => [cure, command],
  ),
);

describe.skipIf(lacking.length > 0)(`where IPv6 is switched off${skipped}`, { timeout: 60_000 }, () => {
  const keys = vpnKeysOf(newVpnSecrets());
  let internet: Internet;
  beforeEach(async () => {
    internet = await startInternet();
  }, 60_000);
  afterEach(() => internet?.stop());

  const off = ['net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1'];
  const switchOff = (host: Host) => host.run('sysctl', '-q', '-w', ...off);
  const up = (host: Host) => host.run('wg-quick', 'up', 'vpn');
  const giveConfig = (host: Host) =>
    host.write(file, clientConfig({ host: places.server.ipv4, port: tunnel.port }, keys, 1));
  const withResolvconf = async (host: Host) => {
    await host.write('/run/resolvconf', '#!/bin/sh\ncat > /run/dns\n');
    await host.run('chmod', '755', '/run/resolvconf');
    return () => host.run('sh', '-c', 'PATH=/run:$PATH wg-quick up vpn');
  };
  const changeFile = (host: Host, cure: string) => host.run('sh', '-c', `cd /etc/wireguard && ${cures[cure]}`);

  test.each([
    ['an image', 'true'],
    ['a kernel', 'mount -t tmpfs none /proc/sys/net/ipv6'],
  ])('by %s, the machine serves over IPv4', async (_, hide) => {
    const { server, middle, customer } = internet;
    await switchOff(server);
    await server.run('sh', '-c', hide);
    await bootFirst(server, userData(keys, devicesPerServer));
    expect(await shakeHandsFrom(middle, places.server.ipv4, keys)).toEqual({ verified: true });
    await giveConfig(customer);
    const connect = await withResolvconf(customer);
    await connect();
    expect(await askTcp(customer, places.site.ipv4, 80)).toBe(places.server.ipv4);
    expect(await askTcp(customer, places.metadata.ipv4, 80)).toBe('nothing');
  });

  test('at the customer, the tunnel fails until the line of docs/vpn.md has changed the file', async () => {
    const { server, customer } = internet;
    await bootFirst(server, userData(keys, devicesPerServer));
    await switchOff(customer);
    await giveConfig(customer);
    const connect = await withResolvconf(customer);
    await expect(connect()).rejects.toThrow(/IPv6 is disabled|Permission denied/);
    await changeFile(customer, 'without IPv6');
    await connect();
    expect(await askTcp(customer, places.site.ipv4, 80)).toBe(places.server.ipv4);
    expect(await customer.run('cat', '/run/dns')).toBe(`nameserver ${tunnel.dns[0]}\n`);
  });

  test.skipIf(hasProgram('resolvconf'))(
    'and where resolvconf is missing, the other line lets the tunnel start without name servers',
    async () => {
      const { server, customer } = internet;
      await bootFirst(server, userData(keys, devicesPerServer));
      await giveConfig(customer);
      await expect(up(customer)).rejects.toThrow(/resolvconf: command not found/);
      await changeFile(customer, 'without resolvconf');
      await up(customer);
      expect(await askTcp(customer, places.site.ipv4, 80)).toBe(places.server.ipv4);
      expect(await askTcp(customer, places.site.ipv6, 80)).toBe(places.server.ipv6);
    },
  );
});
