import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { shakeHands } from '#src/vpn/handshake.ts';
import { isInitiationFor, readInitiation } from '#src/vpn/initiation.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { privateKeyOf, publicBytesOf } from '#src/vpn/x25519.ts';
import { udpServer } from './udp-server.ts';

const never = new AbortController().signal;

function keys() {
  const privateBytes = randomBytes(32);
  const privateKey = privateKeyOf(privateBytes);
  return { privateKey, publicBytes: publicBytesOf(privateKey), privateText: privateBytes.toString('base64') };
}

function sides() {
  const [server, peer, presharedKey] = [keys(), keys(), randomBytes(32)];
  const asking = {
    serverPublicKey: server.publicBytes.toString('base64'),
    privateKey: peer.privateText,
    presharedKey: presharedKey.toString('base64'),
    tryMs: 100,
  };
  /** Answers a packet like a WireGuard server. */
  const serve = (packet: Buffer): Buffer | null => {
    if (!isInitiationFor(packet, macKeyOf(server.publicBytes))) return null;
    const initiation = readInitiation(packet, server.privateKey);
    return initiation?.peerPublic.equals(peer.publicBytes) ? writeResponse(initiation, presharedKey) : null;
  };
  return { server, peer, asking, serve };
}

describe('a handshake', () => {
  test('is verified by the server that has the keys', async () => {
    const { asking, serve } = sides();
    expect(await shakeHands({ ...asking, ...(await udpServer(serve)) }, never)).toEqual({ verified: true });
  });

  test('is repeated if packets are lost', async () => {
    const { asking, serve } = sides();
    let packets = 0;
    const at = await udpServer((packet) => (++packets > 2 ? serve(packet) : null));
    expect(await shakeHands({ ...asking, ...at }, never)).toEqual({ verified: true });
    expect(packets).toBeGreaterThan(2);
  });

  test('is not verified by a server with another preshared key', async () => {
    const { asking, serve } = sides();
    const other = { ...asking, presharedKey: randomBytes(32).toString('base64') };
    const answer = await shakeHands({ ...other, ...(await udpServer(serve)) }, never);
    expect(answer).toEqual({ verified: false, reason: 'the response was made with other keys' });
  });

  test('is not verified by noise, echoes or answers to other handshakes', async () => {
    const { asking, serve } = sides();
    const replies = [
      () => randomBytes(92),
      (packet: Buffer) => packet,
      (packet: Buffer) => serve(packet)?.fill(7, 8, 12) ?? null,
    ];
    let packets = 0;
    const at = await udpServer((packet) => replies[packets++ % replies.length]?.(packet) ?? null);
    expect(await shakeHands({ ...asking, ...at }, never)).toMatchObject({ verified: false });
  });

  test('with a silent server ends, and the reason names its address', async () => {
    const { asking } = sides();
    const at = await udpServer(() => null);
    const reason = `127.0.0.1 port ${at.port} answered none of 5 handshakes`;
    expect(await shakeHands({ ...asking, ...at }, never)).toEqual({ verified: false, reason });
  });

  test('that cannot be sent ends with the reason', async () => {
    const answer = await shakeHands({ ...sides().asking, host: 'nowhere.invalid', port: 51_820 }, never);
    expect(answer).toMatchObject({ verified: false, reason: expect.stringMatching(/nowhere\.invalid.*\(.+\)$/) });
  });

  test('stops at once if it is aborted', async () => {
    const { asking } = sides();
    const stop = new AbortController();
    const asked = Promise.withResolvers<void>();
    const at = await udpServer(() => {
      asked.resolve();
      return null;
    });
    const answer = shakeHands({ ...asking, ...at }, stop.signal);
    await asked.promise;
    stop.abort(new Error('enough'));
    await expect(answer).rejects.toThrow('enough');
    await expect(shakeHands({ ...asking, ...at }, stop.signal)).rejects.toThrow('enough');
  });
});

describe('a server', () => {
  test('ignores random packets of any length', () => {
    const { server, serve } = sides();
    for (const bytes of [0, 1, 92, 147, 148, 149, 2000]) {
      expect(isInitiationFor(randomBytes(bytes), macKeyOf(server.publicBytes))).toBe(false);
      expect(serve(randomBytes(bytes))).toBeNull();
    }
  });

  test('rejects a packet of zeros, which gives no shared secret', () => {
    expect(readInitiation(Buffer.alloc(148), sides().server.privateKey)).toBeNull();
  });
});
