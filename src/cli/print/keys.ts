import type { Key, MadeKey } from '#src/cli/api/bodies.ts';
import { fieldsOf, type Page, tableOf } from './page.ts';
import { localTime } from './texts.ts';

export function keysPage(keys: readonly Key[]): Page {
  return tableOf(keys, {
    key: ({ id }) => id,
    name: ({ name }) => name,
    ends: ({ last4 }) => `…${last4}`,
    state: stateOf,
    customer: ({ customer }) => customer,
    scopes: ({ scopes }) => scopes.join(' '),
    used: ({ usedAt }) => localTime(usedAt),
  });
}

function stateOf({ revokedAt, expiresAt }: Key): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'valid';
  return new Date(expiresAt) <= new Date() ? 'expired' : `valid until ${localTime(expiresAt)}`;
}

export function madeKeyPage({ secret, oldUntil, ...key }: MadeKey): Page {
  return [
    fieldsOf({
      key: key.id,
      name: key.name,
      customer: key.customer,
      scopes: key.scopes.join(' '),
      expires: localTime(key.expiresAt),
      'old secret until': localTime(oldUntil),
    }),
    secret,
    'Keep the secret now: it is never shown again.',
  ];
}
