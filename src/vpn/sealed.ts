import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { OperatorError } from '#db/errors.ts';

/** Closes a server's VPN secrets into a text that only the holder of SECRETS_KEY can open, and opens it again. */
export interface Sealer {
  /** Another text each time. */
  seal(serverId: string, secrets: Buffer): string;
  /** Throws SealedError. */
  open(serverId: string, sealed: string): Buffer;
  /** Whether it was sealed with the key that seals now, and not with an older one. */
  isCurrent(sealed: string): boolean;
  /** Names the key that seals now, and tells nothing of it. */
  readonly keyId: string;
}

/** The key that seals, and one from before that may still open; 32 bytes each. */
export interface SealerKeys {
  readonly current: Buffer;
  readonly old: Buffer | null;
}

/** A sealed text could not be opened. The message holds nothing of what is in it. */
export class SealedError extends OperatorError {
  override readonly name = 'SealedError';
}

/** How much all texts have in common that were sealed with the same key: the version and the key's id. */
export const sealedPrefixLength = 20;

const version = 'v1';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function createSealer({ current, old }: SealerKeys): Sealer {
  const keys = new Map([current, ...(old ? [old] : [])].map((key) => [keyIdOf(key), key]));
  const keyId = keyIdOf(current);
  return {
    keyId,
    seal: (serverId, secrets) => {
      const nonce = randomBytes(nonceBytes);
      const encrypt = createCipheriv(cipher, current, nonce, { authTagLength: tagBytes });
      encrypt.setAAD(boundTo(keyId, serverId));
      const text = Buffer.concat([encrypt.update(secrets), encrypt.final(), encrypt.getAuthTag()]);
      return [version, keyId, nonce.toString('base64url'), text.toString('base64url')].join('.');
    },
    open: (serverId, sealed) => {
      const parts = partsOf(serverId, sealed);
      const key = keys.get(parts.keyId);
      if (!key) throw new SealedError(unknownKey(serverId, parts.keyId, [...keys.keys()]));
      return opened(serverId, key, parts);
    },
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
    throw new SealedError(`The VPN keys of server ${serverId} are in no form that this program knows.`);
  return { keyId, nonce: Buffer.from(nonce, 'base64url'), text: Buffer.from(text, 'base64url') };
}

function opened(serverId: string, key: Buffer, { keyId, nonce, text }: SealedParts): Buffer {
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

function unknownKey(serverId: string, keyId: string, known: readonly string[]): string {
  return `The VPN keys of server ${serverId} are sealed with the key ${keyId}, and SECRETS_KEY is ${known.join(', SECRETS_KEY_OLD ')}: set the one that they were sealed with.`;
}

/** A text that is moved to another row, or said to be of another key, does not open. */
function boundTo(keyId: string, serverId: string): Buffer {
  return Buffer.from(JSON.stringify([version, keyId, 'vpn_keys.sealed', serverId]));
}

function keyIdOf(key: Buffer): string {
  return createHash('sha256').update('GhostiFi key id').update(key).digest('hex').slice(0, 16);
}
