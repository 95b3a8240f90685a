import type { Key } from '#db/key-table.ts';
import { desc, eq, lt, or, sql } from '#db/orm.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';

const keyByDigest = hot('key_by_digest', ({ db, t: { keys } }) => {
  const digest = sql.placeholder('digest');
  return db
    .select()
    .from(keys)
    .where(or(eq(keys.digest, digest), eq(keys.oldDigest, digest)));
});

/** The key that has this digest, or had it before its last rotation; also one that is not valid any more. */
export function* findKey(_: Context, digest: string): Steps<Key | null> {
  const [key] = yield* askHot(keyByDigest, { digest });
  return key ?? null;
}

/** null: there is no such key. */
export function* readKey({ db, t: { keys } }: Context, id: string): Steps<Key | null> {
  const [key] = yield* ask(db.select().from(keys).where(eq(keys.id, id)));
  return key ?? null;
}

export function* readKeys(
  { db, t: { keys } }: Context,
  { after, limit }: { after?: string | undefined; limit: number },
): Steps<Key[]> {
  const older = after === undefined ? undefined : lt(keys.id, after);
  return yield* ask(db.select().from(keys).where(older).orderBy(desc(keys.id)).limit(limit));
}
