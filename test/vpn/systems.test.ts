import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { devicesPerServer } from '#db/devices.ts';
import { clientConfig } from '#src/vpn/client-config.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { tunnel } from '#src/vpn/tunnel.ts';
import { userData } from '#src/vpn/user-data.ts';
import { bootFirst } from './first-boot.ts';
import { askTcp, type Internet, places, shakeHandsFrom, startInternet } from './internet.ts';
import { lacking, skipped } from './requirements.ts';

/** The user data with the programs of each system that we support, which `make-system.sh` fetches. */
describe.each(['debian-13', 'debian-12', 'ubuntu-24.04'])('%s', (system) => {
  const folder = fileURLToPath(new URL(`../../.cache/systems/${system}`, import.meta.url));
  const why = existsSync(folder) ? skipped : ` (skipped: without .cache/systems/${system})`;

  describe.skipIf(why !== '' || lacking.length > 0)(`with our user data${why}`, { timeout: 60_000 }, () => {
    const keys = vpnKeysOf(newVpnSecrets());
    let internet: Internet;
    beforeAll(async () => {
      internet = await startInternet(realpathSync(folder));
    }, 120_000);
    afterAll(() => internet?.stop());

    test('has a cloud-init that accepts it', async () => {
      const check = async (name: string, text: string) => {
        await internet.server.write(`/run/${name}`, text);
        return internet.server.run('cloud-init', 'schema', '--config-file', `/run/${name}`);
      };
      expect(await check('ours', userData(keys, devicesPerServer))).toContain('Valid');
      await expect(check('wrong', '#cloud-config\n{"package_update":"perhaps"}\n')).rejects.toThrow(/schema/i);
    });

    test('serves customers over IPv4 and IPv6', async () => {
      const { server, middle, customer } = internet;
      await bootFirst(server, userData(keys, devicesPerServer));
      for (const host of [places.server.ipv4, places.server.ipv6])
        expect(await shakeHandsFrom(middle, host, keys)).toEqual({ verified: true });
      const config = clientConfig({ host: places.server.ipv4, port: tunnel.port }, keys, 1).replace(/^DNS.*\n/m, '');
      await customer.write('/etc/wireguard/vpn.conf', config);
      await customer.run('wg-quick', 'up', 'vpn');
      for (const family of ['ipv4', 'ipv6'] as const) {
        expect(await askTcp(customer, places.site[family], 80)).toBe(places.server[family]);
        expect(await askTcp(customer, places.metadata[family], 80)).toBe('nothing');
      }
    });
  });
});
