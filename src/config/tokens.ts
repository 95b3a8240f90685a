import { createHmac, hash } from 'node:crypto';
import type { Caller } from '#src/keys/caller.ts';
import { presets, type Role, roles } from '#src/keys/presets.ts';

/** An API token of the configuration, kept without its secret. */
export interface Token extends Caller {
  readonly role: Role;
  /** SHA-256 of the secret. */
  readonly digest: Buffer;
  /** Signs this token's dashboard sessions. Every API process with the same secret derives the same key. */
  readonly sessionKey: Buffer;
}

/** In characters. A secret of this length cannot be guessed; `openssl rand -hex 12` makes one. */
const minSecretLength = 24;
/** Random secrets have more. */
const minDifferentCharacters = 8;

const namePattern = /^[a-z0-9][a-z0-9-]{0,39}$/;
const secretPattern = /^[\x21-\x7e]{1,200}$/;
const form = 'name:role:secret';

/** Parses `name:role:secret` entries of a source. Faults never show a secret. */
export function parseTokens(entries: readonly string[], source: string): { tokens: Token[]; faults: string[] } {
  const results = entries.map((entry, at) => parseToken(entry, `Token ${at + 1} of ${source}`));
  return {
    tokens: results.filter((result) => typeof result !== 'string'),
    faults: results.filter((result) => typeof result === 'string'),
  };
}

/** SHA-256, to compare a secret without keeping it. */
export function digestOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

function parseToken(entry: string, which: string): Token | string {
  const [name = '', role = '', ...rest] = entry.split(':');
  const secret = rest.join(':');
  if (!namePattern.test(name)) return `${which} must be ${form}, with a name of lower-case letters, digits and dashes.`;
  if (!isRole(role)) return `${which} (${name}) must be ${form} with one of the roles ${roles.join(', ')}.`;
  if (!secretPattern.test(secret)) return `${which} (${name}) must be ${form} with a secret without spaces.`;
  if (secret.length < minSecretLength || new Set(secret).size < minDifferentCharacters)
    return `${which} (${name}) must be ${form} with a secret of at least ${minSecretLength} random characters, for example from openssl rand -hex 24.`;
  const sessionKey = createHmac('sha256', secret).update('ghostifi board session 1').digest();
  return { name, role, scopes: presets[role], customer: null, digest: digestOf(secret), sessionKey };
}

function isRole(text: string): text is Role {
  return roles.some((role) => role === text);
}
