import { type KeyObject, randomBytes } from 'node:crypto';
import {
  isFor,
  macKeyOf,
  mixChain,
  mixHash,
  mixKey,
  type NoiseState,
  noiseStart,
  open,
  seal,
  withMacs,
} from './noise.ts';
import { newPrivateKey, publicBytesOf, publicKeyOf, sharedSecret } from './x25519.ts';

const type = Buffer.of(1, 0, 0, 0);
const packetBytes = 148;

/** Everything about a server and the calling peer that is the same in each of their handshakes. */
export interface Peers {
  readonly serverPublic: KeyObject;
  readonly privateKey: KeyObject;
  readonly ownPublic: Buffer;
  /** The secret of both permanent keys. */
  readonly secret: Buffer;
  readonly start: NoiseState;
  readonly macKey: Buffer;
}

/** Computes it from the 32 bytes of the server's public key, and the peer's private key. */
export function peersOf(serverPublic: Uint8Array, privateKey: KeyObject): Peers {
  const server = publicKeyOf(serverPublic);
  return {
    serverPublic: server,
    privateKey,
    ownPublic: publicBytesOf(privateKey),
    secret: sharedSecret(privateKey, server),
    start: noiseStart(serverPublic),
    macKey: macKeyOf(serverPublic),
  };
}

/** A handshake that waits for its response. */
export interface Pending {
  /** The response repeats it. */
  readonly index: Buffer;
  readonly state: NoiseState;
  readonly ephemeral: KeyObject;
  readonly privateKey: KeyObject;
}

/** The first message of a handshake. */
export function writeInitiation(peers: Peers, now: Date): { packet: Buffer; pending: Pending } {
  const { privateKey } = peers;
  const index = randomBytes(4);
  const ephemeral = newPrivateKey();
  const ephemeralPublic = publicBytesOf(ephemeral);
  const begun = mixHash(mixChain(peers.start, ephemeralPublic), ephemeralPublic);
  const identity = seal(mixKey(begun, sharedSecret(ephemeral, peers.serverPublic)), peers.ownPublic);
  const time = seal(mixKey(identity.state, peers.secret), tai64n(now));
  const message = Buffer.concat([type, index, ephemeralPublic, identity.sealed, time.sealed]);
  return { packet: withMacs(message, peers.macKey), pending: { index, state: time.state, ephemeral, privateKey } };
}

/** The contents of a first message. */
export interface Initiation {
  readonly index: Buffer;
  readonly state: NoiseState;
  readonly ephemeralPublic: Buffer;
  /** The sender's public key; proven. */
  readonly peerPublic: Buffer;
  /** When it was made, as 12 bytes of TAI64N. A server accepts only what is later than the peer's last. */
  readonly madeAt: Buffer;
}

/** Whether the packet is a first message for the server; `macKey` is `macKeyOf` of its public key. */
export function isInitiationFor(packet: Buffer, macKey: Uint8Array): boolean {
  return packet.length === packetBytes && packet.subarray(0, 4).equals(type) && isFor(packet, macKey);
}

/** null: the packet is for another server, or its sender does not have the private key. */
export function readInitiation(packet: Buffer, serverPrivate: KeyObject): Initiation | null {
  const [index, ephemeralPublic] = [packet.subarray(4, 8), packet.subarray(8, 40)];
  const started = noiseStart(publicBytesOf(serverPrivate));
  const begun = mixHash(mixChain(started, ephemeralPublic), ephemeralPublic);
  try {
    const identity = open(
      mixKey(begun, sharedSecret(serverPrivate, publicKeyOf(ephemeralPublic))),
      packet.subarray(40, 88),
    );
    if (identity === null) return null;
    const peerPublic = identity.plain;
    const time = open(
      mixKey(identity.state, sharedSecret(serverPrivate, publicKeyOf(peerPublic))),
      packet.subarray(88, 116),
    );
    return time && { index, ephemeralPublic, peerPublic, madeAt: time.plain, state: time.state };
  } catch {
    // The public key is a point of low order and gives no secret.
    return null;
  }
}

/** The instant as TAI64N. A server rejects an instant that is not later than the peer's last. */
function tai64n(now: Date): Buffer {
  const time = Buffer.alloc(12);
  time.writeBigUInt64BE(0x4000_0000_0000_000an + BigInt(Math.floor(now.getTime() / 1000)));
  time.writeUInt32BE((now.getTime() % 1000) * 1_000_000, 8);
  return time;
}
