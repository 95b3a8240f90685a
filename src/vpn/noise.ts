import { createCipheriv, createDecipheriv, hash as hashOf, timingSafeEqual } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';

/** The state of a Noise handshake: the chaining key, and the hash of all messages so far. */
export interface NoiseState {
  readonly chain: Buffer;
  readonly hash: Buffer;
}

/** A state, and the key derived with it. */
export interface Keyed {
  readonly state: NoiseState;
  readonly key: Buffer;
}

const cipher = 'chacha20-poly1305';
const tagLength = 16;
/** Always zero, since each key of a handshake encrypts only one text. */
const nonce = Buffer.alloc(12);

/** WireGuard's handshake (Noise IKpsk2) with the server that has this public key, before the first message. */
export function noiseStart(serverPublic: Uint8Array): NoiseState {
  const chain = digest(Buffer.from('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s'));
  const hash = digest(chain, Buffer.from('WireGuard v1 zx2c4 Jason@zx2c4.com'));
  return mixHash({ chain, hash }, serverPublic);
}

export function mixHash({ chain, hash }: NoiseState, data: Uint8Array): NoiseState {
  return { chain, hash: digest(hash, data) };
}

/** For an ephemeral public key, or for a secret after which no key is needed. */
export function mixChain({ chain, hash }: NoiseState, input: Uint8Array): NoiseState {
  return { chain: expand(hmac(chain, input), nothing, 1), hash };
}

export function mixKey({ chain, hash }: NoiseState, secret: Uint8Array): Keyed {
  const extracted = hmac(chain, secret);
  const next = expand(extracted, nothing, 1);
  return { state: { chain: next, hash }, key: expand(extracted, next, 2) };
}

export function mixPresharedKey({ chain, hash }: NoiseState, presharedKey: Uint8Array): Keyed {
  const extracted = hmac(chain, presharedKey);
  const next = expand(extracted, nothing, 1);
  const mixed = expand(extracted, next, 2);
  return { state: mixHash({ chain: next, hash }, mixed), key: expand(extracted, mixed, 3) };
}

export function seal({ state, key }: Keyed, plain: Uint8Array): { state: NoiseState; sealed: Buffer } {
  const encrypt = createCipheriv(cipher, key, nonce, { authTagLength: tagLength });
  encrypt.setAAD(state.hash, { plaintextLength: plain.length });
  const sealed = Buffer.concat([encrypt.update(plain), encrypt.final(), encrypt.getAuthTag()]);
  return { state: mixHash(state, sealed), sealed };
}

/** null: it was sealed with another key, or after other messages. */
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

/** The key of a message's first MAC. The MAC identifies the server that the message is for. */
export function macKeyOf(receiverPublic: Uint8Array): Buffer {
  return digest(Buffer.from('mac1----'), receiverPublic);
}

/** Appends both MACs to the message. The second is zero, since only a cookie gives it a value. */
export function withMacs(message: Buffer, macKey: Uint8Array): Buffer {
  return Buffer.concat([message, mac(message, macKey), Buffer.alloc(16)]);
}

/** Whether the first MAC of the packet was made with this key. */
export function isFor(packet: Buffer, macKey: Uint8Array): boolean {
  return timingSafeEqual(mac(packet.subarray(0, -32), macKey), packet.subarray(-32, -16));
}

/** BLAKE2s with a key and a length of 16 bytes, which node:crypto does not offer. */
function mac(message: Uint8Array, key: Uint8Array): Uint8Array {
  return blake2s(message, { key, dkLen: 16 });
}

function digest(...parts: readonly Uint8Array[]): Buffer {
  return hashOf('blake2s256', Buffer.concat(parts), 'buffer');
}

const blockBytes = 64;
const nothing = Buffer.alloc(0);

/** HMAC (RFC 2104) from two one-shot hashes, which take a third of the time of `createHmac`. */
function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer {
  return digest(padded(key, 0x5c), digest(padded(key, 0x36), ...parts));
}

function padded(key: Uint8Array, pad: number): Buffer {
  const block = Buffer.alloc(blockBytes, pad);
  for (const [at, byte] of key.entries()) block[at] = byte ^ pad;
  return block;
}

/** One key of HKDF; each depends on the key before it. */
function expand(extracted: Uint8Array, before: Uint8Array, number: number): Buffer {
  return hmac(extracted, before, Buffer.of(number));
}
