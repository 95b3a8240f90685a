import { expect, test } from 'vitest';
import { VpnKeysError } from '#queues/ports/vpn.ts';
import { createHandshakeSocket } from '#src/vpn/handshake-socket.ts';
import { isInitiationFor, readInitiation } from '#src/vpn/initiation.ts';
import { newVpnSecrets, vpnKeysOf } from '#src/vpn/keys.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { createVpn } from '#src/vpn/server-vpn.ts';
import { userData } from '#src/vpn/user-data.ts';
import { privateKeyOf } from '#src/vpn/x25519.ts';
import { udpServer } from './udp-server.ts';

const keys = vpnKeysOf(newVpnSecrets());
const socket = createHandshakeSocket();
const { signal } = new AbortController();
const bytes = (text: string) => Buffer.from(text, 'base64');

test('a handshake uses the probe’s keys and the configured address', async () => {
  const probeAt = await udpServer((packet) => {
    if (!isInitiationFor(packet, macKeyOf(bytes(keys.server.publicKey)))) return null;
    const initiation = readInitiation(packet, privateKeyOf(bytes(keys.server.privateKey)));
    if (initiation?.peerPublic.toString('base64') !== keys.probe.publicKey) return null;
    return writeResponse(initiation, bytes(keys.probePresharedKey));
  });
  const vpn = createVpn({ openKeys: () => keys, probeAt, socket }).of('srv-1', 'sealed');
  await expect(vpn.ask('198.18.0.2', signal).answered).resolves.toBeUndefined();
});

test('a run opens the keys of its server once, for the user data and for its handshakes', () => {
  const asked: string[][] = [];
  const openKeys = (...args: string[]) => {
    asked.push(args);
    return keys;
  };
  const stop = new AbortController();
  const probeAt = { host: '127.0.0.1', port: 9 };
  const vpn = createVpn({ openKeys, probeAt, socket }).of('srv-1', 'sealed');
  expect(vpn.userData(3)).toBe(userData(keys, 3));
  vpn.ask('198.18.0.2', stop.signal).answered.catch(() => undefined);
  stop.abort();
  expect(asked).toEqual([['srv-1', 'sealed']]);
});

test('keys that cannot be opened cause an error only at their use', () => {
  const openKeys = () => {
    throw new Error('SECRETS_KEY is another.');
  };
  const vpn = createVpn({ openKeys, probeAt: null, socket }).of('srv-1', 'sealed');
  expect(() => vpn.userData(5)).toThrow(new VpnKeysError('SECRETS_KEY is another.'));
  expect(() => vpn.ask('198.18.0.2', signal)).toThrow(VpnKeysError);
});
