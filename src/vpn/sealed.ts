import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { VpnKeys } from './keys.ts';

/** Closes the VPN keys of a server into a text that only the holder of SECRETS_KEY can open, and opens it again. */
export interface Sealer {
  seal(serverId: string, keys: VpnKeys): string;
  /** Throws SealedError. */
  open(serverId: string, sealed: string): VpnKeys;
  /** Whether it was sealed with the key that seals now, and not with an older one. */
  isCurrent(sealed: string): boolean;
  /** Names the key that seals now, and tells nothing of it. */
  readonly keyId: string;
}

/** A sealed text could not be opened. The message holds nothing of what is in it. */
export class SealedError extends Error {
  override readonly name = 'SealedError';
}

/** All that two texts sealed with the same key have in common: the version and the key's id. */
export const sealedPrefixLength = 20;

const version = 'v1';
const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals with `current`; opens with either. Each is 32 bytes. */
export function createSealer({ current, old }: { current: Buffer; old: Buffer | null }): Sealer {
  const keys = new Map([old, current].flatMap((key) => (key ? [[keyIdOf(key), key] as const] : [])));
  const keyId = keyIdOf(current);
  return {
    keyId,
    seal: (serverId, vpnKeys) => {
      const nonce = randomBytes(nonceBytes);
      const encrypt = createCipheriv(cipher, current, nonce, { authTagLength: tagBytes });
      encrypt.setAAD(boundTo(keyId, serverId));
      const text = Buffer.concat([encrypt.update(JSON.stringify(vpnKeys)), encrypt.final(), encrypt.getAuthTag()]);
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

interface Parts {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly text: Buffer;
}

function opened(serverId: string, key: Buffer, { keyId, nonce, text }: Parts): VpnKeys {
  try {
    const decrypt = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
    decrypt.setAAD(boundTo(keyId, serverId)).setAuthTag(text.subarray(-tagBytes));
    const plain = Buffer.concat([decrypt.update(text.subarray(0, -tagBytes)), decrypt.final()]);
    return vpnKeys.parse(JSON.parse(plain.toString()));
  } catch {
    // What the library says of it could quote the text.
    throw new SealedError(
      `The VPN keys of server ${serverId} are damaged, or belong to another server: restore a backup.`,
    );
  }
}

const keyText = z.base64().length(44);
const keyPair = z.strictObject({ privateKey: keyText, publicKey: keyText });
const vpnKeys = z.strictObject({
  server: keyPair,
  client: keyPair,
  presharedKey: keyText,
  probe: keyPair,
  probePresharedKey: keyText,
}) satisfies z.ZodType<VpnKeys>;

function partsOf(serverId: string, sealed: string): Parts {
  const [, keyId, nonce, text] = /^v1\.([0-9a-f]{16})\.([\w-]{16})\.([\w-]+)$/.exec(sealed) ?? [];
  if (keyId === undefined || nonce === undefined || text === undefined)
    throw new SealedError(`The VPN keys of server ${serverId} are in no form that this program knows.`);
  return { keyId, nonce: Buffer.from(nonce, 'base64url'), text: Buffer.from(text, 'base64url') };
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
