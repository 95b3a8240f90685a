import type { Key } from '#db/key-table.ts';
import { beyondCustomer, isValid } from '#db/keys.ts';
import type { Store } from '#db/store.ts';
import type { Logger } from '#src/log.ts';
import type { Caller } from './caller.ts';
import { createRecent } from './recent.ts';
import { isWellFormed, secretDigest } from './secret.ts';

/**
 * Knows the valid keys of the database. A key that another process has changed is known as it was for at most 5 s. Both
 * questions are answered with null for any other key, and throw DatabaseBusyError.
 */
export interface KeyRing {
  /** The key with this secret. A text with a typing error costs no query. */
  find(secret: string): Promise<FoundKey | null>;
  /** The key with this id, and the digests of all its secrets that are valid. */
  withId(id: string): Promise<(KnownKey & { readonly digests: readonly string[] }) | null>;
  /** Reads every key again. Call it after a change. */
  forget(): void;
}

interface KnownKey {
  readonly id: string;
  readonly caller: Caller;
}

interface FoundKey extends KnownKey {
  /** Of the secret that was given. */
  readonly digest: string;
}

interface KeyRingDeps {
  readonly store: Pick<Store, 'findKey' | 'readKey' | 'touchKey'>;
  readonly log: Logger;
  readonly now: () => Date;
  /** In ms, monotonic. For tests. */
  readonly clock?: () => number;
}

/** 5 s are promised; the rest is for a query that is under way. */
const maxAgeMs = 4_000;
/** Of the secrets that were asked for, also unknown ones; about 1 kB each. */
const maxKnown = 10_000;
const touchEveryMs = 60_000;

export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { store, now, clock = () => performance.now() } = deps;
  const limits = { maxAgeMs, max: maxKnown, clock };
  const byDigest = createRecent({ ...limits, read: (digest) => store.findKey(digest) });
  const byId = createRecent({ ...limits, read: (id) => store.readKey(id) });
  const touch = toucher(deps);
  return {
    find: async (secret) => {
      if (!isWellFormed(secret)) return null;
      const digest = secretDigest(secret);
      const key = await byDigest.of(digest);
      if (!key || !validDigests(key, now()).includes(digest)) return null;
      touch(key);
      return { id: key.id, caller: callerFor(key), digest };
    },
    withId: async (id) => {
      const key = await byId.of(id);
      const digests = key ? validDigests(key, now()) : [];
      if (!key || digests.length === 0) return null;
      touch(key);
      return { id, caller: callerFor(key), digests };
    },
    forget: () => {
      byDigest.clear();
      byId.clear();
    },
  };
}

/** The digests of the secrets with which the key can be used now, the current one first. */
function validDigests(key: Key, now: Date): string[] {
  if (!isValid(key, now)) return [];
  const { digest, oldDigest, oldUntil } = key;
  return oldDigest !== null && oldUntil !== null && now < oldUntil ? [digest, oldDigest] : [digest];
}

function callerFor({ name, scopes, customer }: Key): Caller {
  const beyond = customer === null ? [] : beyondCustomer(scopes);
  return { name, scopes: scopes.filter((scope) => !beyond.includes(scope)), customer };
}

/** Notes the use of each key once a minute. A call does not wait for that, nor does it fail with it. */
function toucher({ store, log, now }: KeyRingDeps): (key: Key) => void {
  const touched = new Map<string, number>();
  return ({ id, usedAt }) => {
    const ms = now().getTime();
    if (ms - Math.max(touched.get(id) ?? 0, usedAt?.getTime() ?? 0) < touchEveryMs) return;
    touched.set(id, ms);
    store.touchKey(id, new Date(ms)).catch((error: unknown) => {
      log.debug({ event: 'key-use-not-noted', error: String(error) }, 'Cannot note that a key was used');
    });
  };
}
