import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** The DER bytes before the 32 bytes of a key, in the encodings of node:crypto (RFC 8410). */
const privateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicHead = Buffer.from('302a300506032b656e032100', 'hex');

/** A private key from its 32 bytes. */
export function privateKeyOf(bytes: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([privateHead, bytes]), format: 'der', type: 'pkcs8' });
}

/** The 32 bytes of a private key's public key. */
export function publicBytesOf(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

export function newPrivateKey(): KeyObject {
  return generateKeyPairSync('x25519').privateKey;
}

/** Throws for a public key that gives no secret (a point of low order). */
export function sharedSecret(privateKey: KeyObject, publicBytes: Uint8Array): Buffer {
  const publicKey = createPublicKey({ key: Buffer.concat([publicHead, publicBytes]), format: 'der', type: 'spki' });
  return diffieHellman({ privateKey, publicKey });
}
