import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devicesPerServer } from '#db/devices.ts';
import { clientConfig } from '#src/vpn/client-config.ts';
import { keysOfDevice, newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import { userData } from '#src/vpn/user-data.ts';
import { bootFirst } from './first-boot.ts';
import type { Host } from './host.ts';
import { askTcp, askUdp, type Internet, places, shakeHandsFrom, startInternet } from './internet.ts';
import { lacking, skipped } from './requirements.ts';

describe.skipIf(lacking.length > 0)(
  `a machine that was started with our user data${skipped}`,
  { timeout: 60_000 },
  () => {
    const keys = vpnKeysOf(newVpnSecrets());
    let internet: Internet;
    let customer: Host;
    beforeAll(async () => {
      internet = await startInternet();
      customer = internet.customer;
      await bootFirst(internet.server, userData(keys, devicesPerServer));
    }, 120_000);
    afterAll(() => internet?.stop());

    test('answers our handshake from outside over IPv4 and IPv6, and proves its keys', async () => {
      for (const host of [places.server.ipv4, places.server.ipv6])
        expect(await shakeHandsFrom(internet.middle, host, keys)).toEqual({ verified: true });
    });

    test('is not verified with another preshared key, and does not answer unknown keys', async () => {
      const other = vpnKeysOf(newVpnSecrets());
      const wrong = { ...keys, probePresharedKey: other.probePresharedKey };
      const reason = 'the response was made with other keys';
      expect(await shakeHandsFrom(internet.middle, places.server.ipv4, wrong)).toEqual({ verified: false, reason });
      const stranger = { ...keys, probe: other.probe };
      expect(await shakeHandsFrom(internet.middle, places.server.ipv4, stranger)).toMatchObject({ verified: false });
    });

    test('forwards packets, still accepts router advertisements, and allows only root to read its keys', async () => {
      const settings = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.ipv6.conf.wan-x7.accept_ra'];
      expect((await internet.server.run('sysctl', '-n', ...settings)).split('\n')).toEqual(['1', '1', '2', '']);
      expect(await internet.server.run('stat', '-c', '%a %U', '/etc/wireguard/wg0.conf')).toBe('600 root\n');
    });

    test.each(['ipv4', 'ipv6'] as const)('refuses SSH from outside over %s, although SSH listens', async (family) => {
      const loopback = { ipv4: '127.0.0.1', ipv6: '::1' }[family];
      expect(await askTcp(internet.server, loopback, 22)).toBe(loopback);
      expect(await askTcp(internet.middle, places.server[family], 22)).toBe('nothing');
    });

    describe('and a customer with our vpn.conf', () => {
      beforeAll(async () => {
        await customer.write('/run/resolvconf', '#!/bin/sh\ncat > /run/dns\n');
        await customer.run('chmod', '755', '/run/resolvconf');
        await customer.write(
          '/etc/wireguard/vpn.conf',
          clientConfig({ host: places.server.ipv4, port: tunnel.port }, keys, 1),
        );
        expect(await askTcp(customer, places.site.ipv4, 80)).toBe(places.customer.ipv4);
        await customer.run('sh', '-c', 'umask 77; PATH=/run:$PATH wg-quick up vpn');
      });

      test.each(['ipv4', 'ipv6'] as const)('reach it by ping over %s', async (family) => {
        expect(await customer.run('ping', '-c', '3', '-W', '3', tunnel.server[family])).toContain(' 0% packet loss');
      });

      test('complete a handshake', async () => {
        expect(await customer.run('wg', 'show', 'vpn', 'latest-handshakes')).toMatch(/\t[1-9]\d+\n$/);
      });

      test.each(['ipv4', 'ipv6'] as const)(
        'reach the internet from its %s address by TCP, UDP and ping',
        async (family) => {
          expect(await askTcp(customer, places.site[family], 80)).toBe(places.server[family]);
          expect(await askUdp(customer, places.site[family], 53)).toBe(places.server[family]);
          expect(await customer.run('ping', '-c', '1', '-W', '3', places.site[family])).toContain(' 0% packet loss');
        },
      );

      test('use and reach the DNS servers of the file', async () => {
        expect(await customer.run('cat', '/run/dns')).toBe(
          tunnel.dns.map((server) => `nameserver ${server}\n`).join(''),
        );
        for (const server of tunnel.dns) expect(await askUdp(customer, server, 53)).not.toBe('nothing');
      });

      test.each(['ipv4', 'ipv6'] as const)(
        'reach no metadata or private network through it, over %s',
        async (family) => {
          for (const { [family]: forbidden } of [places.metadata, places.neighbour]) {
            const [own, customers] = await Promise.all([
              askTcp(internet.server, forbidden, 80),
              askTcp(customer, forbidden, 80),
            ]);
            expect([own, customers]).toEqual([places.server[family], 'nothing']);
          }
        },
      );

      test.each(['ipv4', 'ipv6'] as const)('send no mail and open no SSH through it, over %s', async (family) => {
        const [own, customers, login] = await Promise.all([
          askTcp(internet.server, places.site[family], 25),
          askTcp(customer, places.site[family], 25),
          askTcp(customer, tunnel.server[family], 22),
        ]);
        expect([own, customers, login]).toEqual([places.server[family], 'nothing', 'nothing']);
      });

      test('keep their session during a handshake of our probe', async () => {
        const endpoints = () => internet.server.run('wg', 'show', 'wg0', 'endpoints');
        const own = `${keysOfDevice(keys, 1).client.publicKey}\t${places.customer.ipv4}:`;
        expect(await endpoints()).toContain(own);
        expect(await shakeHandsFrom(internet.middle, places.server.ipv4, keys)).toEqual({ verified: true });
        expect(await endpoints()).toContain(own);
        expect(await askTcp(customer, places.site.ipv4, 80)).toBe(places.server.ipv4);
      });
    });
  },
);
