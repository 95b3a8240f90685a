import type { Key } from '#db/key-table.ts';
import { beyondCustomer, isValid } from '#db/keys.ts';
import type { Store } from '#db/store.ts';
import type { Logger } from '#src/log.ts';
import type { Caller } from './caller.ts';
import { createRecent } from './recent.ts';
import { isWellFormed, secretDigest } from './secret.ts';

/** Knows the keys of the database by their secrets. */
export interface KeyRing {
  /**
   * The caller with this secret; null: it is no secret of a valid key. A text with a typing error costs no query. A key
   * that another process has changed is known as it was for at most 5 s. Throws DatabaseBusyError.
   */
  callerOf(secret: string): Promise<Caller | null>;
  /** Reads every key again. Call it after a change. */
  forget(): void;
}

interface KeyRingDeps {
  readonly store: Pick<Store, 'findKey' | 'touchKey'>;
  readonly log: Logger;
  readonly now: () => Date;
  /** In ms, monotonic. For tests. */
  readonly clock?: () => number;
}

const maxAgeMs = 5_000;
/** Of the secrets that were asked for, also unknown ones; about 1 kB each. */
const maxKnown = 10_000;
const touchEveryMs = 60_000;

export function createKeyRing(deps: KeyRingDeps): KeyRing {
  const { store, now, clock = () => performance.now() } = deps;
  const recent = createRecent({ maxAgeMs, max: maxKnown, read: (digest) => store.findKey(digest), clock });
  const touch = toucher(deps);
  return {
    callerOf: async (secret) => {
      if (!isWellFormed(secret)) return null;
      const digest = secretDigest(secret);
      const key = await recent.of(digest);
      if (!key || !isValid(key, now()) || !hasDigest(key, digest, now())) return null;
      touch(key);
      return callerFor(key);
    },
    forget: recent.clear,
  };
}

function hasDigest({ digest, oldUntil }: Key, given: string, now: Date): boolean {
  return given === digest || (oldUntil !== null && now < oldUntil);
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
