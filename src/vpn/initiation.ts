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
import { newPrivateKey, publicBytesOf, sharedSecret } from './x25519.ts';

const type = Buffer.of(1, 0, 0, 0);
const packetBytes = 148;

/** A handshake that waits for its response. */
export interface Pending {
  /** The response repeats it. */
  readonly index: Buffer;
  readonly state: NoiseState;
  readonly ephemeral: KeyObject;
  readonly privateKey: KeyObject;
}

/** The first message of a handshake, from the owner of `privateKey` to the server with `serverPublic`. */
export function writeInitiation(
  { serverPublic, privateKey }: { serverPublic: Uint8Array; privateKey: KeyObject },
  now: Date,
): { packet: Buffer; pending: Pending } {
  const index = randomBytes(4);
  const ephemeral = newPrivateKey();
  const ephemeralPublic = publicBytesOf(ephemeral);
  const begun = mixHash(mixChain(noiseStart(serverPublic), ephemeralPublic), ephemeralPublic);
  const identity = seal(mixKey(begun, sharedSecret(ephemeral, serverPublic)), publicBytesOf(privateKey));
  const time = seal(mixKey(identity.state, sharedSecret(privateKey, serverPublic)), tai64n(now));
  const message = Buffer.concat([type, index, ephemeralPublic, identity.sealed, time.sealed]);
  const packet = withMacs(message, macKeyOf(serverPublic));
  return { packet, pending: { index, state: time.state, ephemeral, privateKey } };
}

/** The contents of a first message. */
export interface Initiation {
  readonly index: Buffer;
  readonly state: NoiseState;
  readonly ephemeralPublic: Buffer;
  /** The sender's public key; proven. */
  readonly peerPublic: Buffer;
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
    const identity = open(mixKey(begun, sharedSecret(serverPrivate, ephemeralPublic)), packet.subarray(40, 88));
    if (identity === null) return null;
    const peerPublic = identity.plain;
    const time = open(mixKey(identity.state, sharedSecret(serverPrivate, peerPublic)), packet.subarray(88, 116));
    return time && { index, ephemeralPublic, peerPublic, state: time.state };
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
