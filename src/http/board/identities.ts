import { createHmac } from 'node:crypto';
import type { Token } from '#src/config/tokens.ts';
import { findToken } from '#src/http/middleware/authenticate.ts';
import type { Caller } from '#src/keys/caller.ts';
import type { KeyRing } from '#src/keys/key-ring.ts';
import type { SealerKeys } from '#src/vpn/sealed.ts';

/** Somebody who can have a session. */
export interface Identity {
  readonly caller: Caller;
  /** What a session names: the name of a token, or the id of a key. */
  readonly subject: string;
  /** The first signs new sessions, and all are accepted. Every API process derives the same. */
  readonly signingKeys: readonly Buffer[];
}

/** Both give null for what is unknown or not valid any more, and throw DatabaseBusyError. */
export interface Identities {
  withSecret(secret: string): Promise<Identity | null>;
  named(subject: string): Promise<Identity | null>;
}

export interface IdentitiesDeps {
  readonly tokens: readonly Token[];
  readonly keys: KeyRing;
  readonly secretsKeys: SealerKeys;
}

/**
 * The sessions of a key are bound to its id and to the digest of its secret with SECRETS_KEY: they end when the key is
 * revoked, expires or gets another secret, and nobody can forge one who only reads the database.
 */
export function createIdentities({ tokens, keys, secretsKeys: { current, old } }: IdentitiesDeps): Identities {
  const roots = [current, ...(old ? [old] : [])].map(rootOf);
  const ofKey = ({ id, caller }: { id: string; caller: Caller }, digests: readonly string[]): Identity => ({
    caller,
    subject: id,
    signingKeys: digests.flatMap((digest) => roots.map((root) => hmac(root, JSON.stringify([id, digest])))),
  });
  return {
    withSecret: async (secret) => {
      const token = findToken(tokens, secret);
      if (token) return ofToken(token);
      const found = await keys.find(secret);
      return found && ofKey(found, [found.digest]);
    },
    named: async (subject) => {
      const token = tokens.find(({ name }) => name === subject);
      if (token) return ofToken(token);
      const found = subject.startsWith('key-') ? await keys.withId(subject) : null;
      return found && ofKey(found, found.digests);
    },
  };
}

function ofToken(token: Token): Identity {
  return { caller: token, subject: token.name, signingKeys: [token.sessionKey] };
}

/** Another key than the one that seals VPN keys. */
function rootOf(secretsKey: Buffer): Buffer {
  return hmac(secretsKey, 'ghostifi board session of a key 1');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
