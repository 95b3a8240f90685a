import { describe, expect, it } from 'vitest';
import { wireguardIn } from '#src/simulator/vpn/wireguard.ts';
import { keysOfDevice, newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { userData } from '#src/vpn/user-data.ts';

const keys = vpnKeysOf(newVpnSecrets());
const [first, second] = [keysOfDevice(keys, 1), keysOfDevice(keys, 2)];
const base64 = (text: string) => Buffer.from(text).toString('base64');
const changed = (from: string, to: string) => {
  const text = userData(keys, 2);
  expect(text).toContain(from);
  return base64(text.replace(from, to));
};

describe('the WireGuard of a simulated machine', () => {
  it('follows its user data', () => {
    expect(wireguardIn(base64(userData(keys, 2)))).toEqual({
      privateKey: keys.server.privateKey,
      port: 51_820,
      peers: [
        { publicKey: first.client.publicKey, presharedKey: first.presharedKey },
        { publicKey: second.client.publicKey, presharedKey: second.presharedKey },
        { publicKey: keys.probe.publicKey, presharedKey: keys.probePresharedKey },
      ],
    });
  });

  it('counts a missing preshared key as zeros, like WireGuard', () => {
    const read = wireguardIn(changed(`PresharedKey = ${first.presharedKey}\\n`, ''));
    expect(read?.peers[0]?.presharedKey).toBe(Buffer.alloc(32).toString('base64'));
  });

  it.each([
    ['no user data', null],
    ['user data that is not a cloud-config', base64('#!/bin/sh\ntrue\n')],
    ['a first line with an extra space', base64(` ${userData(keys, 2)}`)],
    ['YAML that is not JSON', base64('#cloud-config\nruncmd: []\n')],
    ['a cloud-config that does nothing', base64('#cloud-config\n{}\n')],
    ['a service that is never started', changed('"wg-quick@wg0"', '"nothing"')],
    ['a file with another name', changed('/etc/wireguard/wg0.conf', '/etc/wireguard/wg1.conf')],
    ['no private key', changed('PrivateKey', 'Key')],
    ['an invalid private key', changed(keys.server.privateKey, 'short=')],
    ['no port', changed('ListenPort', 'Port')],
  ])('is absent with %s', (_, text) => {
    expect(wireguardIn(text)).toBeNull();
  });
});
