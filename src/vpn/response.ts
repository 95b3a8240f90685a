import { randomBytes } from 'node:crypto';
import type { Initiation, Pending } from './initiation.ts';
import {
  type Keyed,
  macKeyOf,
  mixChain,
  mixHash,
  mixPresharedKey,
  type NoiseState,
  open,
  seal,
  withMacs,
} from './noise.ts';
import { newPrivateKey, publicBytesOf, publicKeyOf, sharedSecret } from './x25519.ts';

const type = Buffer.of(2, 0, 0, 0);
const packetBytes = 92;

/** A server's response to a first message. */
export function writeResponse({ index, state, ephemeralPublic, peerPublic }: Initiation, presharedKey: Buffer): Buffer {
  const ephemeral = newPrivateKey();
  const ownPublic = publicBytesOf(ephemeral);
  const secrets = [ephemeralPublic, peerPublic].map((bytes) => sharedSecret(ephemeral, publicKeyOf(bytes)));
  const { sealed } = seal(agreed({ state, ownPublic, secrets, presharedKey }), Buffer.alloc(0));
  const message = Buffer.concat([type, randomBytes(4), index, ownPublic, sealed]);
  return withMacs(message, macKeyOf(peerPublic));
}

/** The index of the first message that the packet claims to respond to; null: it is no response. */
export function indexIn(packet: Buffer): Buffer | null {
  return packet.length === packetBytes && packet.subarray(0, 4).equals(type) ? packet.subarray(8, 12) : null;
}

/** Whether the response proves that the server has the private key and the preshared key. */
export function isProof(packet: Buffer, pending: Pending, presharedKey: Buffer): boolean {
  const { state, ephemeral, privateKey } = pending;
  const ownPublic = packet.subarray(12, 44);
  try {
    const serverEphemeral = publicKeyOf(ownPublic);
    const secrets = [sharedSecret(ephemeral, serverEphemeral), sharedSecret(privateKey, serverEphemeral)];
    return open(agreed({ state, ownPublic, secrets, presharedKey }), packet.subarray(44, 60)) !== null;
  } catch {
    // The public key is a point of low order and gives no secret.
    return false;
  }
}

interface Agreement {
  readonly state: NoiseState;
  /** The server's ephemeral key. */
  readonly ownPublic: Buffer;
  readonly secrets: readonly Buffer[];
  readonly presharedKey: Buffer;
}

/** The state and key that both sides compute. */
function agreed({ state, ownPublic, secrets, presharedKey }: Agreement): Keyed {
  const begun = mixHash(mixChain(state, ownPublic), ownPublic);
  return mixPresharedKey(secrets.reduce(mixChain, begun), presharedKey);
}
