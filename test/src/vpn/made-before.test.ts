import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { clientConfig, clientFileName } from '#src/vpn/client-config.ts';
import { vpnKeysOf } from '#src/vpn/keys.ts';
import { userData } from '#src/vpn/user-data.ts';
import { sealer } from '../../secrets-key.ts';

/** Keys, config and machine of a server of the version before servers had several devices; written by that version. */
const before = (name: string) => readFileSync(new URL(`./made-before/${name}`, import.meta.url), 'utf8');
const serverId = 'srv-1k9f3zq4t0c7w2h5ab';
const keys = vpnKeysOf(sealer.open(serverId, before('sealed.txt').trim()));

test('device 1 of a server that was sold before has the same config, byte for byte', () => {
  const config = clientConfig({ host: `${serverId}.vpn.test`, port: 51_820 }, keys, 1);
  expect(config).toBe(before('vpn.conf'));
  expect(clientFileName(serverId, 1)).toBe('gf-q4t0c7w2h5ab.conf');
});

test('a machine for one device has the same WireGuard as before, byte for byte', () => {
  const config = JSON.parse(userData(keys, 1).slice('#cloud-config\n'.length));
  const [file] = config.write_files;
  expect(file).toMatchObject({ path: '/etc/wireguard/wg0.conf', content: before('wg0.conf') });
});
