import { expect, test } from 'vitest';
import { VpnKeysError } from '#queues/ports/vpn.ts';
import { isInitiationFor, readInitiation } from '#src/vpn/initiation.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { createVpn } from '#src/vpn/server-vpn.ts';
import { userData } from '#src/vpn/user-data.ts';
import { privateKeyOf } from '#src/vpn/x25519.ts';
import { udpServer } from './udp-server.ts';

const keys = vpnKeysOf(newVpnSecrets());
const bytes = (text: string) => Buffer.from(text, 'base64');

test('a handshake uses the probe’s keys and the configured address', async () => {
  const probeAt = await udpServer((packet) => {
    if (!isInitiationFor(packet, macKeyOf(bytes(keys.server.publicKey)))) return null;
    const initiation = readInitiation(packet, privateKeyOf(bytes(keys.server.privateKey)));
    if (initiation?.peerPublic.toString('base64') !== keys.probe.publicKey) return null;
    return writeResponse(initiation, bytes(keys.probePresharedKey));
  });
  const vpn = createVpn({ openKeys: () => keys, probeAt }).of('srv-1', 'sealed');
  expect(await vpn.handshake('198.18.0.2', new AbortController().signal)).toEqual({ verified: true });
});

test('the user data has the keys of the server', () => {
  const asked: string[][] = [];
  const openKeys = (...args: string[]) => {
    asked.push(args);
    return keys;
  };
  expect(createVpn({ openKeys, probeAt: null }).of('srv-1', 'sealed').userData()).toBe(userData(keys));
  expect(asked).toEqual([['srv-1', 'sealed']]);
});

test('keys that cannot be opened cause an error only at their use', async () => {
  const openKeys = () => {
    throw new Error('SECRETS_KEY is another.');
  };
  const vpn = createVpn({ openKeys, probeAt: null }).of('srv-1', 'sealed');
  expect(() => vpn.userData()).toThrow(new VpnKeysError('SECRETS_KEY is another.'));
  await expect(vpn.handshake('198.18.0.2', new AbortController().signal)).rejects.toThrow(VpnKeysError);
});
