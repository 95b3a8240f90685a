import { hkdfSync, type KeyObject, randomBytes } from 'node:crypto';
import { devicesPerServer } from '#db/devices.ts';
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
  /** The customer's devices, the first one first. The others are derived when this is first read. */
  readonly devices: readonly DeviceKeys[];
  /** Our own peer, which checks that the server answers and does not affect the customer's session. */
  readonly probe: KeyPair;
  readonly probePresharedKey: string;
}

/** The keys of one device of the customer. Each device has its own, so two of them do not take each other's packets. */
export interface DeviceKeys {
  readonly client: KeyPair;
  readonly presharedKey: string;
}

const keyBytes = 32;
/** In this order: the private keys of server, device 1 and probe, and the preshared keys of device 1 and probe. */
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
  let devices: readonly DeviceKeys[] | null = null;
  return {
    server: keyPairOf(partAt(secrets, 0)),
    probe: keyPairOf(partAt(secrets, 2)),
    probePresharedKey: partAt(secrets, 4).toString('base64'),
    get devices() {
      devices ??= devicesOf(secrets);
      return devices;
    },
  };
}

/** The keys of the device with this number, from 1. Throws RangeError for a device that no server has. */
export function keysOfDevice({ devices }: Pick<VpnKeys, 'devices'>, device: number): DeviceKeys {
  const keys = devices[device - 1];
  if (!keys) throw new RangeError(`There is no device ${device}: servers have ${devicesPerServer}.`);
  return keys;
}

function devicesOf(secrets: Buffer): DeviceKeys[] {
  const first = deviceKeys(partAt(secrets, 1), partAt(secrets, 3));
  const others = Array.from({ length: devicesPerServer - 1 }, (_, at) => derivedKeys(secrets, at + 2));
  return [first, ...others];
}

/**
 * HKDF (RFC 5869) over all secrets of the server. Neither the machine nor another device has all of them, so none can
 * derive these keys. They are never stored. A change here takes customers' devices off their servers.
 */
function derivedKeys(secrets: Buffer, device: number): DeviceKeys {
  const info = `GhostiFi VPN device ${device}`;
  const derived = Buffer.from(hkdfSync('sha256', secrets, Buffer.alloc(0), info, 2 * keyBytes));
  clamp(partAt(derived, 0));
  return deviceKeys(partAt(derived, 0), partAt(derived, 1));
}

function deviceKeys(privateKey: Buffer, presharedKey: Buffer): DeviceKeys {
  return { client: keyPairOf(privateKey), presharedKey: presharedKey.toString('base64') };
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
