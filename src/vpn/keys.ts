import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** Base64 text of 32 bytes, as `wg genkey` and `wg pubkey` write it. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** All keys of one server: made once at its purchase and kept through every rebuild. */
export interface VpnKeys {
  readonly server: KeyPair;
  /** The customer's. */
  readonly client: KeyPair;
  readonly presharedKey: string;
  /** Our own peer, which asks whether the server answers and never disturbs the customer's session. */
  readonly probe: KeyPair;
  readonly probePresharedKey: string;
}

/** New keys from the system's random source; about a quarter of a millisecond. */
export function newVpnKeys(): VpnKeys {
  return {
    server: newKeyPair(),
    client: newKeyPair(),
    presharedKey: newSecret(),
    probe: newKeyPair(),
    probePresharedKey: newSecret(),
  };
}

const keyBytes = 32;

/** The raw key is the end of its DER form. */
function newKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('x25519', {
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  });
  return { privateKey: textOf(privateKey), publicKey: textOf(publicKey) };
}

function textOf(der: Buffer): string {
  return der.subarray(-keyBytes).toString('base64');
}

function newSecret(): string {
  return randomBytes(keyBytes).toString('base64');
}
