import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { OperatorError } from '#db/errors.ts';

/** Encrypts the secrets of rows of one table with SECRETS_KEY, and decrypts them. */
export interface Sealer {
  /** `id`: of the row. Returns another text each time. */
  seal(id: string, secrets: Buffer): string;
  /** Throws SealedError; UnknownKeyError if it has not got the key. */
  open(id: string, sealed: string): Buffer;
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

/** The secrets that a sealer is for. A text of one kind cannot be opened as one of another. */
export interface SealedKind {
  readonly column: string;
  /** Names the secrets of a row, for messages. */
  readonly nameOf: (id: string) => string;
}

const vpnKeys: SealedKind = { column: 'vpn_keys.sealed', nameOf: (id) => `The VPN keys of server ${id}` };
export const webhookSecrets: SealedKind = {
  column: 'endpoints.secret_sealed',
  nameOf: (id) => `The secrets of webhook ${id}`,
};

export const linkTokens: SealedKind = { column: 'answers.body', nameOf: (id) => `The secrets of link ${id}` };

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

/** `kind`: not given: VPN keys. */
export function createSealer({ current, old }: SealerKeys, kind = vpnKeys): Sealer {
  // A KeyObject halves the time of `seal`, compared with the bytes.
  const keys = new Map([current, ...(old ? [old] : [])].map((key) => [keyIdOf(key), createSecretKey(key)]));
  const currentKey = createSecretKey(current);
  const keyId = keyIdOf(current);
  return {
    keyId,
    seal: (id, secrets) => {
      const nonce = randomBytes(nonceBytes);
      const encrypt = createCipheriv(cipher, currentKey, nonce, { authTagLength: tagBytes });
      encrypt.setAAD(boundTo(kind, keyId, id));
      const text = Buffer.concat([encrypt.update(secrets), encrypt.final(), encrypt.getAuthTag()]);
      return [version, keyId, nonce.toString('base64url'), text.toString('base64url')].join('.');
    },
    open: (id, sealed) => {
      const row = { kind, id };
      const parts = partsOf(row, sealed);
      const key = keys.get(parts.keyId);
      if (!key) throw new UnknownKeyError(parts.keyId, unknownKey(row, parts.keyId, [...keys.keys()]));
      return opened(row, key, parts);
    },
    hasKey: (ofKey) => keys.has(ofKey),
    isCurrent: (sealed) => sealed.startsWith(`${version}.${keyId}.`),
  };
}

interface SealedParts {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly text: Buffer;
}

interface Row {
  readonly kind: SealedKind;
  readonly id: string;
}

function partsOf({ kind, id }: Row, sealed: string): SealedParts {
  const [, keyId, nonce, text] = /^v1\.([0-9a-f]{16})\.([\w-]{16})\.([\w-]{22,})$/.exec(sealed) ?? [];
  if (keyId === undefined || nonce === undefined || text === undefined)
    throw new SealedError(`${kind.nameOf(id)} have a format that this version cannot read.`);
  return { keyId, nonce: Buffer.from(nonce, 'base64url'), text: Buffer.from(text, 'base64url') };
}

function opened({ kind, id }: Row, key: KeyObject, { keyId, nonce, text }: SealedParts): Buffer {
  const decrypt = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  decrypt.setAAD(boundTo(kind, keyId, id)).setAuthTag(text.subarray(-tagBytes));
  const secrets = decrypt.update(text.subarray(0, -tagBytes));
  try {
    decrypt.final();
  } catch (cause) {
    const message = `${kind.nameOf(id)} are damaged, or belong to another row: restore a backup.`;
    throw new SealedError(message, { cause });
  }
  return secrets;
}

function unknownKey({ kind, id }: Row, keyId: string, ownKeyIds: readonly string[]): string {
  return `${kind.nameOf(id)} are sealed with the key ${keyId}, but SECRETS_KEY is ${ownKeyIds.join(', SECRETS_KEY_OLD ')}: set the key ${keyId}.`;
}

/** Binds the text to its row and key id: with any other row or key id it cannot be opened. */
function boundTo({ column }: SealedKind, keyId: string, id: string): Buffer {
  return Buffer.from(JSON.stringify([version, keyId, column, id]));
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('GhostiFi key id').update(key).digest('hex').slice(0, 16);
}
