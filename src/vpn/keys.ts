import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';

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

const keyBytes = 32;
/** In this order: the private keys of server, client and probe, and the preshared keys of client and probe. */
const keyCount = 5;
const privateKeys = [0, 1, 2];

/**
 * What is secret of a server's keys, as bytes: the public keys follow from them, and cost a purchase a hundred times
 * as much as these random numbers do.
 */
export function newVpnSecrets(): Buffer {
  const secrets = randomBytes(keyCount * keyBytes);
  for (const at of privateKeys) clamp(partAt(secrets, at));
  return secrets;
}

/** The keys that `newVpnSecrets` has made; takes about half a millisecond. */
export function vpnKeysOf(secrets: Buffer): VpnKeys {
  if (secrets.length !== keyCount * keyBytes) throw new Error(`VPN secrets cannot have ${secrets.length} bytes.`);
  return {
    server: keyPairOf(partAt(secrets, 0)),
    client: keyPairOf(partAt(secrets, 1)),
    probe: keyPairOf(partAt(secrets, 2)),
    presharedKey: partAt(secrets, 3).toString('base64'),
    probePresharedKey: partAt(secrets, 4).toString('base64'),
  };
}

function partAt(secrets: Buffer, at: number): Buffer {
  return secrets.subarray(at * keyBytes, (at + 1) * keyBytes);
}

/** As Curve25519 wants its private keys (RFC 7748, section 5), and `wg genkey` writes them. */
function clamp(key: Buffer): void {
  key.writeUInt8(key.readUInt8(0) & 248, 0);
  key.writeUInt8((key.readUInt8(keyBytes - 1) & 127) | 64, keyBytes - 1);
}

/** What stands before a raw X25519 private key in its DER form (RFC 8410); a public key ends its own. */
const derStart = Buffer.from('302e020100300506032b656e04220420', 'hex');

function keyPairOf(privateKey: Buffer): KeyPair {
  const key = createPrivateKey({ key: Buffer.concat([derStart, privateKey]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-keyBytes);
  return { privateKey: privateKey.toString('base64'), publicKey: publicKey.toString('base64') };
}
