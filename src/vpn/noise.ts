import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';

/** How far two sides of a Noise handshake are: its chaining key, and the hash of all that was said. */
export interface NoiseState {
  readonly chain: Buffer;
  readonly hash: Buffer;
}

/** A state, and the key that came out with it. */
export interface Keyed {
  readonly state: NoiseState;
  readonly key: Buffer;
}

const cipher = 'chacha20-poly1305';
const tagLength = 16;
/** Each key of a handshake seals one thing. */
const nonce = Buffer.alloc(12);

/** WireGuard's handshake (Noise IKpsk2) with the server that has this public key, before the first message. */
export function noiseStart(serverPublic: Uint8Array): NoiseState {
  const chain = digest(Buffer.from('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s'));
  const hash = digest(chain, Buffer.from('WireGuard v1 zx2c4 Jason@zx2c4.com'));
  return mixHash({ chain, hash }, serverPublic);
}

export function mixHash({ chain, hash }: NoiseState, said: Uint8Array): NoiseState {
  return { chain, hash: digest(hash, said) };
}

/** For an ephemeral public key, or a secret that no key is needed from. */
export function mixChain({ chain, hash }: NoiseState, input: Uint8Array): NoiseState {
  const [next] = derived(chain, input);
  return { chain: next, hash };
}

export function mixKey({ chain, hash }: NoiseState, secret: Uint8Array): Keyed {
  const [next, key] = derived(chain, secret);
  return { state: { chain: next, hash }, key };
}

export function mixPresharedKey({ chain, hash }: NoiseState, presharedKey: Uint8Array): Keyed {
  const [next, said, key] = derived(chain, presharedKey);
  return { state: mixHash({ chain: next, hash }, said), key };
}

export function seal({ state, key }: Keyed, plain: Uint8Array): { state: NoiseState; sealed: Buffer } {
  const encrypt = createCipheriv(cipher, key, nonce, { authTagLength: tagLength });
  encrypt.setAAD(state.hash, { plaintextLength: plain.length });
  const sealed = Buffer.concat([encrypt.update(plain), encrypt.final(), encrypt.getAuthTag()]);
  return { state: mixHash(state, sealed), sealed };
}

/** null: it was not sealed with this key after all of this. */
export function open({ state, key }: Keyed, sealed: Buffer): { state: NoiseState; plain: Buffer } | null {
  const decrypt = createDecipheriv(cipher, key, nonce, { authTagLength: tagLength });
  decrypt.setAAD(state.hash, { plaintextLength: sealed.length - tagLength });
  decrypt.setAuthTag(sealed.subarray(-tagLength));
  try {
    const plain = Buffer.concat([decrypt.update(sealed.subarray(0, -tagLength)), decrypt.final()]);
    return { state: mixHash(state, sealed), plain };
  } catch {
    return null;
  }
}

/** The key of the first of a message's two MACs, by which a server knows that it is meant. */
export function macKeyOf(receiverPublic: Uint8Array): Buffer {
  return digest(Buffer.from('mac1----'), receiverPublic);
}

/** The message with its MACs; the second, an answer to a cookie, is left empty. */
export function withMacs(message: Buffer, macKey: Uint8Array): Buffer {
  return Buffer.concat([message, mac(message, macKey), Buffer.alloc(16)]);
}

/** Whether the first MAC of the packet was made for the receiver with this key. */
export function isFor(packet: Buffer, macKey: Uint8Array): boolean {
  return timingSafeEqual(mac(packet.subarray(0, -32), macKey), packet.subarray(-32, -16));
}

/** BLAKE2s with a key and 16 bytes long: node:crypto offers neither. */
function mac(message: Uint8Array, key: Uint8Array): Uint8Array {
  return blake2s(message, { key, dkLen: 16 });
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  return createHash('blake2s256').update(Buffer.concat(parts)).digest();
}

function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return createHmac('blake2s256', key).update(Buffer.concat(parts)).digest();
}

/** HKDF's first three keys; the later ones change nothing about the earlier. */
function derived(chain: Uint8Array, input: Uint8Array): [Buffer, Buffer, Buffer] {
  const secret = hmac(chain, input);
  const first = hmac(secret, Buffer.of(1));
  const second = hmac(secret, first, Buffer.of(2));
  return [first, second, hmac(secret, second, Buffer.of(3))];
}
