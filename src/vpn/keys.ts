import { type KeyObject, randomBytes } from 'node:crypto';
import { privateKeyOf, publicBytesOf } from './x25519.ts';

/** Base64 text of 32 bytes, as `wg genkey` and `wg pubkey` write it. */
export interface KeyPair {
  readonly privateKey: string;
  /** Computed when it is first read. */
  readonly publicKey: string;
  /** The private key as node:crypto uses it; made when it is first read. */
  readonly keyObject: KeyObject;
}

/** All keys of one server: made at its purchase, and the same after every rebuild. */
export interface VpnKeys {
  readonly server: KeyPair;
  /** The customer's keys. */
  readonly client: KeyPair;
  readonly presharedKey: string;
  /** Our own peer, which checks that the server answers and does not affect the customer's session. */
  readonly probe: KeyPair;
  readonly probePresharedKey: string;
}

const keyBytes = 32;
/** In this order: the private keys of server, client and probe, and the preshared keys of client and probe. */
const keyCount = 5;
const privateKeys = [0, 1, 2];

/**
 * The private and preshared keys of a new server. The public keys are computed later: that takes a hundred times as
 * long, and a purchase must be fast.
 */
export function newVpnSecrets(): Buffer {
  const secrets = randomBytes(keyCount * keyBytes);
  for (const at of privateKeys) clamp(partAt(secrets, at));
  return secrets;
}

/** All keys from the result of `newVpnSecrets`. Each public key that is read takes about a tenth of a millisecond. */
export function vpnKeysOf(secrets: Buffer): VpnKeys {
  if (secrets.length !== keyCount * keyBytes)
    throw new Error(`VPN secrets must have ${keyCount * keyBytes} bytes, not ${secrets.length}.`);
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

/** The form of a Curve25519 private key (RFC 7748, section 5), as `wg genkey` writes it. */
function clamp(key: Buffer): void {
  key.writeUInt8(key.readUInt8(0) & 248, 0);
  key.writeUInt8((key.readUInt8(keyBytes - 1) & 127) | 64, keyBytes - 1);
}

function keyPairOf(privateKey: Buffer): KeyPair {
  let keyObject: KeyObject | null = null;
  let publicKey: string | null = null;
  return {
    privateKey: privateKey.toString('base64'),
    get keyObject() {
      keyObject ??= privateKeyOf(privateKey);
      return keyObject;
    },
    get publicKey() {
      publicKey ??= publicBytesOf(this.keyObject).toString('base64');
      return publicKey;
    },
  };
}
