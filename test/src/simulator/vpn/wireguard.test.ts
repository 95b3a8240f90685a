import { describe, expect, it } from 'vitest';
import { wireguardIn } from '#src/simulator/vpn/wireguard.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { userData } from '#src/vpn/user-data.ts';

const keys = vpnKeysOf(newVpnSecrets());
const base64 = (text: string) => Buffer.from(text).toString('base64');
const changed = (from: string, to: string) => {
  const text = userData(keys);
  expect(text).toContain(from);
  return base64(text.replace(from, to));
};

describe('the WireGuard of a simulated machine', () => {
  it('is what its user data says', () => {
    expect(wireguardIn(base64(userData(keys)))).toEqual({
      privateKey: keys.server.privateKey,
      port: 51_820,
      peers: [
        { publicKey: keys.client.publicKey, presharedKey: keys.presharedKey },
        { publicKey: keys.probe.publicKey, presharedKey: keys.probePresharedKey },
      ],
    });
  });

  it('takes a peer without a preshared key to have one of zeros, as WireGuard does', () => {
    const read = wireguardIn(changed(`PresharedKey = ${keys.presharedKey}\\n`, ''));
    expect(read?.peers[0]?.presharedKey).toBe(Buffer.alloc(32).toString('base64'));
  });

  it.each([
    ['no user data', null],
    ['user data that is no cloud-config', base64('#!/bin/sh\ntrue\n')],
    ['a first line that is not exactly right', base64(` ${userData(keys)}`)],
    ['YAML that is no JSON', base64('#cloud-config\nruncmd: []\n')],
    ['a cloud-config that does nothing', base64('#cloud-config\n{}\n')],
    ['a service that is never started', changed('"wg-quick@wg0"', '"nothing"')],
    ['a file with another name', changed('/etc/wireguard/wg0.conf', '/etc/wireguard/wg1.conf')],
    ['no private key', changed('PrivateKey', 'Key')],
    ['a private key that is none', changed(keys.server.privateKey, 'short=')],
    ['no port, so that nobody knows it', changed('ListenPort', 'Port')],
  ])('is not there with %s', (_, text) => {
    expect(wireguardIn(text)).toBeNull();
  });
});
