import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { OperatorError } from '#db/errors.ts';

/** Encrypts a server's VPN secrets with SECRETS_KEY, and decrypts them. */
export interface Sealer {
  /** Returns another text each time. */
  seal(serverId: string, secrets: Buffer): string;
  /** Throws SealedError; UnknownKeyError if it has not got the key. */
  open(serverId: string, sealed: string): Buffer;
  /** Whether it was sealed with the current key. */
  isCurrent(sealed: string): boolean;
  /** Whether it can open texts of the key with this id. */
  hasKey(keyId: string): boolean;
  /** Identifies the current key without revealing it. */
  readonly keyId: string;
}

/** The key for sealing, and the previous key for opening old texts; 32 bytes each. */
export interface SealerKeys {
  readonly current: Buffer;
  readonly old: Buffer | null;
}

/** A sealed text could not be opened. The message contains no secret. */
export class SealedError extends OperatorError {
  override readonly name: string = 'SealedError';
}

/** A text is sealed with a key that this process does not have. Another process may have it. */
export class UnknownKeyError extends SealedError {
  override readonly name = 'UnknownKeyError';
  readonly keyId: string;

  constructor(keyId: string, message: string) {
    super(message);
    this.keyId = keyId;
  }
}

/** The length of version and key id, which are the same in all texts sealed with one key. */
export const sealedPrefixLength = 20;

const version = 'v1';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function createSealer({ current, old }: SealerKeys): Sealer {
  // A KeyObject halves the time of `seal`, compared with the bytes.
  const keys = new Map([current, ...(old ? [old] : [])].map((key) => [keyIdOf(key), createSecretKey(key)]));
  const currentKey = createSecretKey(current);
  const keyId = keyIdOf(current);
  return {
    keyId,
    seal: (serverId, secrets) => {
      const nonce = randomBytes(nonceBytes);
      const encrypt = createCipheriv(cipher, currentKey, nonce, { authTagLength: tagBytes });
      encrypt.setAAD(boundTo(keyId, serverId));
      const text = Buffer.concat([encrypt.update(secrets), encrypt.final(), encrypt.getAuthTag()]);
      return [version, keyId, nonce.toString('base64url'), text.toString('base64url')].join('.');
    },
    open: (serverId, sealed) => {
      const parts = partsOf(serverId, sealed);
      const key = keys.get(parts.keyId);
      if (!key) throw new UnknownKeyError(parts.keyId, unknownKey(serverId, parts.keyId, [...keys.keys()]));
      return opened(serverId, key, parts);
    },
    hasKey: (id) => keys.has(id),
    isCurrent: (sealed) => sealed.startsWith(`${version}.${keyId}.`),
  };
}

interface SealedParts {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly text: Buffer;
}

function partsOf(serverId: string, sealed: string): SealedParts {
  const [, keyId, nonce, text] = /^v1\.([0-9a-f]{16})\.([\w-]{16})\.([\w-]{22,})$/.exec(sealed) ?? [];
  if (keyId === undefined || nonce === undefined || text === undefined)
    throw new SealedError(`The VPN keys of server ${serverId} have a format that this version cannot read.`);
  return { keyId, nonce: Buffer.from(nonce, 'base64url'), text: Buffer.from(text, 'base64url') };
}

function opened(serverId: string, key: KeyObject, { keyId, nonce, text }: SealedParts): Buffer {
  const decrypt = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  decrypt.setAAD(boundTo(keyId, serverId)).setAuthTag(text.subarray(-tagBytes));
  const secrets = decrypt.update(text.subarray(0, -tagBytes));
  try {
    decrypt.final();
  } catch (cause) {
    const message = `The VPN keys of server ${serverId} are damaged, or belong to another server: restore a backup.`;
    throw new SealedError(message, { cause });
  }
  return secrets;
}

function unknownKey(serverId: string, keyId: string, ownKeyIds: readonly string[]): string {
  return `The VPN keys of server ${serverId} are sealed with the key ${keyId}, but SECRETS_KEY is ${ownKeyIds.join(', SECRETS_KEY_OLD ')}: set the key ${keyId}.`;
}

/** Binds the text to its row and key id: with any other row or key id it cannot be opened. */
function boundTo(keyId: string, serverId: string): Buffer {
  return Buffer.from(JSON.stringify([version, keyId, 'vpn_keys.sealed', serverId]));
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('GhostiFi key id').update(key).digest('hex').slice(0, 16);
}
