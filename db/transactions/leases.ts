import { and, eq, lt, or } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

export interface Lease {
  readonly name: string;
  /** Names the process that asks. */
  readonly holder: string;
  readonly now: Date;
  readonly forMs: number;
}

/** Takes or renews the lease; true while `holder` has it. An expired lease is free for every process. */
export function* takeLease({ db, t }: Context, { name, holder, now, forMs }: Lease): Steps<boolean> {
  const expiresAt = new Date(now.getTime() + forMs);
  yield* ask(db.insert(t.leases).values({ name, holder, expiresAt: now }).onConflictDoNothing());
  const free = or(eq(t.leases.holder, holder), lt(t.leases.expiresAt, now));
  const taken = yield* ask(
    db
      .update(t.leases)
      .set({ holder, expiresAt })
      .where(and(eq(t.leases.name, name), free))
      .returning(),
  );
  return taken.length > 0;
}
