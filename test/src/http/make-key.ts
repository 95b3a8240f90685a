import type { NewKey } from '#db/transactions/keys.ts';
import { newSecret, secretDigest } from '#src/keys/secret.ts';
import type { TestApi } from './api-under-test.ts';

let made = 0;

/** Makes a key in the database, and returns its secret. Its scopes are those to read, if none are given. */
export async function makeKey({ store }: Pick<TestApi, 'store'>, changes: Partial<NewKey> = {}): Promise<string> {
  const secret = newSecret();
  const mark = { digest: secretDigest(secret), last4: secret.slice(-4) };
  const usual = { name: `made-${made++}`, scopes: ['servers:read'] as const, customer: null, expiresAt: null };
  const actor = { requestedBy: 'key:boss', requestId: null, now: new Date() } as const;
  await store.recordKey({ ...mark, ...usual, ...changes }, actor);
  return secret;
}
