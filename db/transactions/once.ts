import { randomUUID } from 'node:crypto';
import { sql } from '#db/orm.ts';
import { askHot, type Context, hot, type Steps } from '#db/steps.ts';

/**
 * Steps that are recorded once, although the transaction tries them again when the answer to its commit was lost. Each
 * try claims the same key. If an earlier try has the key, its result is returned. If that try has not ended yet, the
 * claim waits for its end.
 */
export function once<R>(steps: (context: Context) => Steps<R>): (context: Context) => Steps<R> {
  const key = randomUUID();
  let last: { readonly result: R } | null = null;
  return function* (context) {
    const [claimed] = yield* askHot(claimTry, { key });
    if (!claimed && last) return last.result;
    last = { result: yield* steps(context) };
    return last.result;
  };
}

/** The key is kept beside the Idempotency-Keys, and pruned with them. No token has an empty name. */
const claimTry = hot('claim_try', ({ db, t: { answers } }) =>
  db
    .insert(answers)
    .values({
      token: '',
      key: sql`${sql.placeholder('key')}`,
      bodyHash: '',
      body: null,
      createdAt: sql`current_timestamp`,
    })
    .onConflictDoNothing()
    .returning({ key: answers.key }),
);
