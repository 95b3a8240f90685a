import type { Statement } from '#db/statements.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import { recordEvent } from './events.ts';

export interface NewStatement {
  readonly statement: Statement;
  /** The SHA-256 of the statement's JSON. */
  readonly digest: string;
  readonly now: Date;
}

/** Records the statement of a day, with its event. false: the day has one, which stays. */
export function* recordStatement(context: Context, { statement, digest, now }: NewStatement): Steps<boolean> {
  const { db, t } = context;
  const { day, complete } = statement;
  const written = yield* ask(
    db
      .insert(t.statements)
      .values({ day, body: statement, digest })
      .onConflictDoNothing()
      .returning({ day: t.statements.day }),
  );
  if (written.length === 0) return false;
  yield* recordEvent(context, {
    type: 'statement.written',
    actor: 'policy',
    at: now,
    subject: day,
    detail: { digest, complete },
  });
  return true;
}
