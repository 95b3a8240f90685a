import { KeyReusedError } from '#db/errors.ts';
import { and, asc, eq, lt, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';

/** Identifies a repeated command. */
export interface Idempotency {
  /** The name of the API token: the same key of another token is another key. */
  readonly token: string;
  readonly key: string;
  /** SHA-256 of method, path and body. */
  readonly bodyHash: string;
}

export interface Command<R> {
  /** null: every call runs. */
  readonly idempotency: Idempotency | null;
  /** Makes the answer's body, which is stored under the key. Called inside the transaction. */
  readonly answer: (recorded: R) => unknown;
}

export interface CommandAnswer<R> {
  /** The answer's body: made now, or stored by the first call. */
  readonly body: unknown;
  /** The rows that the command wrote; null: the answer is a stored one. */
  readonly recorded: R | null;
}

/**
 * Runs the command once per key and stores its answer in the same transaction. A second call with the key gets the
 * stored answer. If both come at once, the insert waits for the commit of the first.
 * Throws KeyReusedError if the second request differs from the first.
 */
export function* answerOnce<R>(
  context: Context,
  { idempotency, answer, now }: Command<R> & { now: Date },
  run: () => Steps<R>,
): Steps<CommandAnswer<R>> {
  if (!idempotency) {
    const recorded = yield* run();
    return { body: answer(recorded), recorded };
  }
  const { db, t } = context;
  const ofThisKey = and(eq(t.answers.token, idempotency.token), eq(t.answers.key, idempotency.key));
  const [claimed] = yield* ask(
    db
      .insert(t.answers)
      .values({ ...idempotency, createdAt: now })
      .onConflictDoNothing()
      .returning(),
  );
  if (!claimed) {
    const [earlier] = yield* ask(db.select().from(t.answers).where(ofThisKey));
    if (earlier?.bodyHash !== idempotency.bodyHash) throw new KeyReusedError(idempotency.key);
    return { body: earlier.body, recorded: null };
  }
  const recorded = yield* run();
  const body = answer(recorded);
  yield* ask(db.update(t.answers).set({ body }).where(ofThisKey));
  return { body, recorded };
}

/** Deletes up to `limit` stored answers older than `before`; returns how many. A repeat of such a call runs again. */
export function* forgetAnswers({ db, t: { answers } }: Context, before: Date, limit: number): Steps<number> {
  const { token, key, createdAt } = answers;
  const old = db.select({ token, key }).from(answers).where(lt(createdAt, before)).orderBy(asc(createdAt)).limit(limit);
  const forgotten = yield* ask(db.delete(answers).where(sql`(${token}, ${key}) in ${old}`).returning({ key }));
  return forgotten.length;
}
