import { KeyNameTakenError, KeyStateError, NotFoundError } from '#db/errors.ts';
import type { EventType } from '#db/events.ts';
import { newId } from '#db/ids.ts';
import type { Key } from '#db/key-table.ts';
import { isValid, type Scope } from '#db/keys.ts';
import { and, eq, isNull, lt, or } from '#db/orm.ts';
import { readKey } from '#db/reads/keys.ts';
import { keysSetting } from '#db/settings.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { recordEvent } from './events.ts';
import { type Actor, causedBy } from './request.ts';
import { putSetting } from './settings.ts';

/** What the database keeps of a secret. */
export interface SecretMark {
  /** SHA-256 in hex. */
  readonly digest: string;
  readonly last4: string;
}

export interface NewKey extends SecretMark {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly customer: string | null;
  readonly expiresAt: Date | null;
}

/** Throws KeyNameTakenError. */
export function* recordKey(context: Context, wanted: NewKey, actor: Actor): Steps<Key> {
  const { db, t } = context;
  const { requestedBy: createdBy, now: createdAt } = actor;
  const unused = { oldDigest: null, oldUntil: null, revokedAt: null, usedAt: null };
  const key: Key = {
    ...wanted,
    ...unused,
    id: newId('key', createdAt),
    scopes: [...wanted.scopes],
    createdBy,
    createdAt,
  };
  const [added] = yield* ask(db.insert(t.keys).values(key).onConflictDoNothing().returning({ id: t.keys.id }));
  if (!added) throw new KeyNameTakenError(wanted.name);
  yield* recordChange(context, { type: 'key.created', key }, actor);
  return key;
}

export interface Rotation extends SecretMark {
  readonly id: string;
  /** Until then the secret before this one is valid too. One of an earlier rotation ends now. */
  readonly oldUntil: Date;
}

/** Gives a valid key another secret. Throws NotFoundError, and KeyStateError if it is not valid. */
export function* rotateKey(context: Context, { id, digest, last4, oldUntil }: Rotation, actor: Actor): Steps<Key> {
  const { db, t } = context;
  const key = yield* lockKey(context, id, actor.now);
  if (!isValid(key, actor.now)) throw new KeyStateError(`Key ${key.name} is revoked or expired. Make another one.`);
  const changes = { digest, last4, oldDigest: key.digest, oldUntil };
  yield* ask(db.update(t.keys).set(changes).where(eq(t.keys.id, id)));
  yield* recordChange(context, { type: 'key.rotated', key }, actor);
  return { ...key, ...changes };
}

/**
 * Ends a key for ever. One that is revoked stays as it is. Throws NotFoundError, and KeyStateError if no other valid key
 * may write keys.
 */
export function* revokeKey(context: Context, id: string, actor: Actor): Steps<Key> {
  const { db, t } = context;
  const key = yield* lockKey(context, id, actor.now);
  if (key.revokedAt !== null) return key;
  const unrevoked = yield* ask(db.select().from(t.keys).where(isNull(t.keys.revokedAt)));
  const isWriter = (one: Key) => isValid(one, actor.now) && one.scopes.includes('keys:write');
  if (isWriter(key) && !unrevoked.some((other) => other.id !== id && isWriter(other)))
    throw new KeyStateError(`Key ${key.name} is the last valid one with the scope keys:write. Make another one first.`);
  yield* ask(db.update(t.keys).set({ revokedAt: actor.now }).where(eq(t.keys.id, id)));
  yield* recordChange(context, { type: 'key.revoked', key }, actor);
  return { ...key, revokedAt: actor.now };
}

/** One change after the other: of two keys that are revoked at once, one could otherwise be the last. */
function* lockKey(context: Context, id: string, now: Date): Steps<Key> {
  yield* putSetting(context, keysSetting, { value: true, now });
  const key = yield* readKey(context, id);
  if (!key) throw new NotFoundError('key', id);
  return key;
}

/** The customer is not in the event, which stays for ever. */
function* recordChange(
  context: Context,
  { type, key }: { type: Extract<EventType, `key.${string}`>; key: Key },
  actor: Actor,
): Steps<void> {
  const { id, name, scopes, customer } = key;
  const detail = { name, scopes, ofOneCustomer: customer !== null };
  yield* recordEvent(context, { ...causedBy(actor), type, subject: id, detail });
}

const minuteMs = 60_000;

/** Notes that the key was used, unless that was noted within the last minute. */
export function* touchKey({ db, t: { keys } }: Context, id: string, now: Date): Steps<void> {
  const isOld = or(isNull(keys.usedAt), lt(keys.usedAt, new Date(now.getTime() - minuteMs)));
  yield* ask(
    db
      .update(keys)
      .set({ usedAt: now })
      .where(and(eq(keys.id, id), isOld)),
  );
}
