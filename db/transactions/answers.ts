import { KeyReusedError } from '#db/errors.ts';
import { and, eq, sql } from '#db/orm.ts';
import { askHot, type Context, given, hot, hotWrite, type Steps } from '#db/steps.ts';
import type { Tables } from '#db/tables.ts';

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
  const earlier = yield* claim(context, idempotency, { body: null, now });
  if (earlier) return earlier;
  const recorded = yield* run();
  const body = answer(recorded);
  yield* askHot(storeAnswer, { ...idempotency, body });
  return { body, recorded };
}

/** A command whose rows are known before it runs. */
export interface Planned<R> {
  readonly recorded: R;
  /** Returns the rows as they were written. */
  readonly write: () => Steps<R>;
}

/**
 * Like `answerOnce`, but stores the answer with the claim of its key. An error of `answer` is thrown only by the first
 * call with the key: a stored answer is valid even if the call would be rejected now.
 */
export function* answerPlanned<R>(
  context: Context,
  { idempotency, answer, now }: Command<R> & { now: Date },
  { recorded, write }: Planned<R>,
): Steps<CommandAnswer<R>> {
  const made = attempt(() => answer(recorded));
  const earlier = idempotency && (yield* claim(context, idempotency, { body: made.body ?? null, now }));
  if (earlier) return earlier;
  if ('error' in made) throw made.error;
  return { body: made.body, recorded: yield* write() };
}

/** The body that an earlier try of `answerPlanned` has made of the same rows, whatever has become of them since. */
export function* answeredBefore<R>(context: Context, { idempotency, answer }: Command<R>, recorded: R): Steps<unknown> {
  const stored = idempotency && (yield* readAnswer(context, idempotency));
  return stored ? stored.body : answer(recorded);
}

function attempt(make: () => unknown): { body: unknown } | { body?: undefined; error: unknown } {
  try {
    return { body: make() };
  } catch (error) {
    return { error };
  }
}

const claimKey = hot('claim_key', ({ db, t: { answers } }) =>
  db
    .insert(answers)
    .values({
      token: given('token', answers.token),
      key: given('key', answers.key),
      bodyHash: given('bodyHash', answers.bodyHash),
      body: given('body', answers.body),
      createdAt: given('createdAt', answers.createdAt),
    })
    .onConflictDoNothing()
    .returning({ key: answers.key }),
);

const storeAnswer = hotWrite('store_answer', ({ db, t: { answers } }) =>
  db
    .update(answers)
    .set({ body: given('body', answers.body) })
    .where(ofThisKey(answers)),
);

const storedAnswer = hot('stored_answer', ({ db, t: { answers } }) =>
  db.select().from(answers).where(ofThisKey(answers)),
);

function ofThisKey({ token, key }: Tables['answers']) {
  return and(eq(token, sql.placeholder('token')), eq(key, sql.placeholder('key')));
}

/** Claims the key for this command. Returns the stored answer if an earlier call has claimed it. */
function* claim(
  _: Context,
  idempotency: Idempotency,
  { body, now }: { body: unknown; now: Date },
): Steps<CommandAnswer<never> | null> {
  const [claimed] = yield* askHot(claimKey, { ...idempotency, body, createdAt: now });
  if (claimed) return null;
  const earlier = yield* readAnswer(_, idempotency);
  if (!earlier) throw new KeyReusedError(idempotency.key);
  return { body: earlier.body, recorded: null };
}

/** The answer that was stored under the key; null: none was. Throws KeyReusedError if it is of another request. */
export function* readAnswer(_: Context, idempotency: Idempotency): Steps<{ readonly body: unknown } | null> {
  const [earlier] = yield* askHot(storedAnswer, { ...idempotency });
  if (!earlier) return null;
  if (earlier.bodyHash !== idempotency.bodyHash) throw new KeyReusedError(idempotency.key);
  return { body: earlier.body };
}
