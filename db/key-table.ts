import type { Columns } from './columns.ts';
import type { ActorName } from './events.ts';
import type { Scope } from './keys.ts';

/** The keys that may call the API, beside the tokens of its configuration. */
export function keyTable(c: Columns) {
  return c.table('keys', {
    id: c.text('id').primaryKey(),
    /** Also that of a revoked key is never given again: events name their callers by it. */
    name: c.text('name').notNull(),
    /** A newer version may have written others. */
    scopes: c.json('scopes').$type<Scope[]>().notNull(),
    /** It sees and commands only this customer's servers; null: those of all. */
    customer: c.text('customer'),
    /** SHA-256 of the secret, in hex. */
    digest: c.text('digest').notNull(),
    /** That of the secret before the last rotation, which is valid until `oldUntil`. */
    oldDigest: c.text('old_digest'),
    oldUntil: c.time('old_until'),
    /** The last four characters of the secret, by which a person knows it again. */
    last4: c.text('last4').notNull(),
    createdBy: c.text('created_by').$type<ActorName>().notNull(),
    createdAt: c.time('created_at').notNull(),
    expiresAt: c.time('expires_at'),
    revokedAt: c.time('revoked_at'),
    /** To the minute. */
    usedAt: c.time('used_at'),
  });
}

export type Key = ReturnType<typeof keyTable>['$inferSelect'];
