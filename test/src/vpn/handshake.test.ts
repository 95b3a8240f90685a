import { randomBytes } from 'node:crypto';
import { Socket } from 'node:dgram';
import { describe, expect, test, vi } from 'vitest';
import { ask, pauseAfter } from '#src/vpn/handshake.ts';
import { createHandshakeSocket } from '#src/vpn/handshake-socket.ts';
import { isInitiationFor, peersOf, readInitiation } from '#src/vpn/initiation.ts';
import { macKeyOf } from '#src/vpn/noise.ts';
import { writeResponse } from '#src/vpn/response.ts';
import { privateKeyOf, publicBytesOf } from '#src/vpn/x25519.ts';
import { shakeHands } from '../../shake-hands.ts';
import { udpServer } from './udp-server.ts';

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

function asPeer({ serverPublicKey, privateKey, presharedKey }: ReturnType<typeof sides>['asking']) {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  return {
    peers: peersOf(bytes(serverPublicKey), privateKeyOf(bytes(privateKey))),
    presharedKey: bytes(presharedKey),
  };
}

describe('a handshake', () => {
  test('is verified by the server that has the keys', async () => {
    const { asking, serve } = sides();
    expect(await shakeHands({ ...asking, ...(await udpServer(serve)) })).toEqual({ verified: true });
  });

  test('is tried again with the same packet until a server is up', async () => {
    const { asking, serve } = sides();
    const packets: Buffer[] = [];
    const at = await udpServer((packet) => (packets.push(packet) > 2 ? serve(packet) : null));
    expect(await shakeHands({ ...asking, ...at })).toEqual({ verified: true });
    // Another one may leave before the answer to the third arrives.
    expect(packets.slice(0, 3)).toEqual(Array(3).fill(packets[0]));
  });

  test('whose answer is lost is made anew, since a server accepts no packet twice', async () => {
    const { asking, serve } = sides();
    const accepted = new Set<string>();
    const at = await udpServer((packet) => {
      const isCopy = accepted.has(packet.toString('hex'));
      accepted.add(packet.toString('hex'));
      // The answer to the first packet is lost.
      return isCopy || accepted.size === 1 ? null : serve(packet);
    });
    expect(await shakeHands({ ...asking, ...at })).toEqual({ verified: true });
    expect(accepted.size).toBe(2);
  });

  test('is not verified by a server with another preshared key', async () => {
    const { asking, serve } = sides();
    const other = { ...asking, presharedKey: randomBytes(32).toString('base64') };
    const answer = await shakeHands({ ...other, ...(await udpServer(serve)) });
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
    expect(await shakeHands({ ...asking, ...at })).toMatchObject({ verified: false });
  });

  test('with a silent server ends, and the reason names its address', async () => {
    const { asking } = sides();
    const at = await udpServer(() => null);
    const reason = new RegExp(`^127.0.0.1 port ${at.port} answered none of [2-8] handshakes$`);
    expect(await shakeHands({ ...asking, ...at })).toEqual({ verified: false, reason: expect.stringMatching(reason) });
  });

  test('that cannot be sent ends with the reason', async () => {
    const answer = await shakeHands({ ...sides().asking, host: 'nowhere.invalid', port: 51_820 });
    expect(answer).toMatchObject({ verified: false, reason: expect.stringMatching(/nowhere\.invalid.*\(.+\)$/) });
  });

  test('says whether the first packet has left, which tells nothing about the server', async () => {
    const stop = new AbortController();
    const asking = { ...asPeer(sides().asking), socket: createHandshakeSocket() };
    // The kernel permits no broadcast.
    const blocked = ask({ ...asking, host: '255.255.255.255', port: 51_820 }, stop.signal);
    const silent = ask({ ...asking, ...(await udpServer(() => null)) }, stop.signal);
    expect([await blocked.firstLeft, await silent.firstLeft]).toEqual([false, true]);
    expect([blocked.blockedMs() > 0, silent.blockedMs()]).toEqual([true, 0]);
    stop.abort(new Error('enough'));
    await Promise.allSettled([blocked.answered, silent.answered]);
  });

  test('stops at once if it is aborted', async () => {
    const stop = new AbortController();
    let packets = 0;
    const at = await udpServer(() => {
      packets += 1;
      stop.abort(new Error('enough'));
      return null;
    });
    const { asking } = sides();
    const options = { ...at, ...asPeer(asking), socket: createHandshakeSocket(), tryMs: 1 };
    await expect(ask(options, stop.signal).answered).rejects.toThrow('enough');
    const counted = packets;
    await expect(ask(options, stop.signal).answered).rejects.toThrow('enough');
    expect(packets).toBe(counted);
  });

  test('is tried four times a second at first, and every second after a minute', () => {
    expect([0, 15_000, 30_000, 60_000, 600_000].map(pauseAfter)).toEqual([250, 250, 500, 1_000, 1_000]);
  });

  test('with each of many machines uses one socket, and closes it after the last', async () => {
    const closed = vi.spyOn(Socket.prototype, 'close');
    const socket = createHandshakeSocket();
    const ports = new Set<number>();
    const { signal } = new AbortController();
    const all = Array.from({ length: 20 }, async () => {
      const { asking, serve } = sides();
      const at = await udpServer((packet, port) => {
        ports.add(port);
        return serve(packet);
      });
      await ask({ ...at, ...asPeer(asking), socket }, signal).answered;
    });
    await Promise.all(all);
    expect(ports.size).toBe(1);
    expect(closed).toHaveBeenCalledTimes(1);
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
