import { newId } from '#db/ids.ts';
import { literal } from '#db/literal.ts';
import { and, asc, eq, inArray, lt, ne, sql } from '#db/orm.ts';
import type { Notice } from '#db/payment-tables.ts';
import { ask, askHot, type Context, given, hot, hotWrite, type Steps, wholeRow } from '#db/steps.ts';
import type { IgnoreReason } from '#db/subscriptions.ts';
import { recordEvent } from '#db/transactions/events.ts';

export type NewNotice = Pick<Notice, 'id' | 'form' | 'type' | 'objectId' | 'livemode' | 'createdAt'>;

/** Records the notices that are new, each with its event. Returns them; a notice with a recorded id is left out. */
export function* recordNotices(context: Context, notices: readonly NewNotice[], now: Date): Steps<Notice[]> {
  const recorded: Notice[] = [];
  for (const notice of notices) {
    const row = rowOf(notice, now);
    if (yield* isNew(context, row)) recorded.push(row);
  }
  return recorded;
}

/** The id of the notice that a listing, or a person, gives of a subscription without a row. */
export function pollId(subscriptionId: string): string {
  return `poll_${subscriptionId}`;
}

export function pollNotice(objectId: string, { livemode, now }: { livemode: boolean; now: Date }): NewNotice {
  return { id: pollId(objectId), form: 'poll', type: 'listed', objectId, livemode, createdAt: now };
}

/** Records the notice that a person gives of a subscription without a row, or opens it again. `cause`: its event. */
export function* reopenPollNotice(
  { db, t }: Context,
  { id, cause, now }: { readonly id: string; readonly cause: string; readonly now: Date },
): Steps<Notice> {
  // Its mode is that of the key; the look compares it.
  const row = rowOf(pollNotice(id, { livemode: false, now }), now, cause);
  const open = { state: row.state, reason: null, receivedAt: now, cause };
  yield* ask(db.insert(t.notices).values(row).onConflictDoUpdate({ target: t.notices.id, set: open }));
  return row;
}

function rowOf(notice: NewNotice, receivedAt: Date, cause: string = newId('evt', receivedAt)): Notice {
  const { objectId } = notice;
  const subscriptionId = objectId?.startsWith('sub_') ? objectId : null;
  return { ...notice, subscriptionId, receivedAt, state: 'received', reason: null, attempts: 0, cause };
}

const insertNotice = hot('insert_notice', ({ db, t: { notices } }) =>
  db.insert(notices).values(wholeRow(notices)).onConflictDoNothing().returning({ id: notices.id }),
);

function* isNew(context: Context, row: Notice): Steps<boolean> {
  if ((yield* askHot(insertNotice, { ...row })).length === 0) return false;
  const { cause: uid, receivedAt: at, id: subject, subscriptionId, type, form, objectId } = row;
  const detail = { type, form, object: objectId };
  yield* recordEvent(context, { uid, type: 'notice.received', actor: 'stripe', at, subject, subscriptionId, detail });
  return true;
}

/** A notice that is opened again has a later `receivedAt`: it is about something newer. */
type ReadNotice = Pick<Notice, 'id' | 'receivedAt'>;

/** The run that ends notices. */
export interface NoticeRun {
  /** The notice that the run is about, as the run has read it; null: it is about none. */
  readonly notice: ReadNotice | null;
  /** Before the run's first call to Stripe, on the database's clock. */
  readonly startedAt: Date;
  readonly attempts: number;
}

/**
 * Marks the run's notice as done, and all others of the subscription that came before the run began: what they are
 * about was fetched after them. Returns the uid of the notice's event; null: the run is about none, or it was closed
 * or opened again.
 */
export function* closeNotices(
  context: Context,
  subscriptionId: string,
  { notice, startedAt, attempts }: NoticeRun,
): Steps<string | null> {
  const done = { state: 'done', reason: null, subscriptionId, attempts } as const;
  const cause = notice && (yield* closeNotice(context, { ...notice, ...done }));
  yield* askHot(closeEarlier, { subscriptionId, startedAt });
  return cause;
}

const closeEarlier = hotWrite('close_earlier_notices', ({ db, t: { notices } }) => {
  const ofSubscription = eq(notices.subscriptionId, sql.placeholder('subscriptionId'));
  const isOpen = and(ofSubscription, eq(notices.state, literal('received')));
  const isEarlier = sql`${notices.receivedAt} < ${given('startedAt', notices.receivedAt)}`;
  return db.update(notices).set({ state: 'done' }).where(and(isOpen, isEarlier));
});

type Closing = ReadNotice & Pick<Notice, 'state' | 'reason' | 'subscriptionId' | 'attempts'>;

const closeOne = hot('close_notice', ({ db, t: { notices } }) =>
  db
    .update(notices)
    .set({
      state: given('state', notices.state),
      reason: given('reason', notices.reason),
      subscriptionId: given('subscriptionId', notices.subscriptionId),
      attempts: given('attempts', notices.attempts),
    })
    .where(
      and(
        eq(notices.id, sql.placeholder('id')),
        eq(notices.receivedAt, given('receivedAt', notices.receivedAt)),
        eq(notices.state, literal('received')),
      ),
    )
    .returning({ cause: notices.cause }),
);

/** Leaves it open if it was opened again since it was read. Returns the uid of its event; null: it did not close it. */
function* closeNotice(_: Context, closing: Closing): Steps<string | null> {
  const [closed] = yield* askHot(closeOne, { ...closing });
  return closed?.cause ?? null;
}

export interface IgnoredNotice extends ReadNotice, Pick<Notice, 'subscriptionId' | 'attempts'> {
  readonly reason: IgnoreReason;
}

/** Closes a notice that concerns no server of this installation, unless it was opened again. */
export function* ignoreNotice(context: Context, notice: IgnoredNotice): Steps<void> {
  yield* closeNotice(context, { ...notice, state: 'ignored' });
}

/** Deletes up to `limit` closed notices that came before; returns how many. */
export function* forgetNotices({ db, t }: Context, before: Date, limit: number): Steps<number> {
  const { id, state, receivedAt } = t.notices;
  const isOld = and(ne(state, literal('received')), lt(receivedAt, before));
  const old = db.select({ id }).from(t.notices).where(isOld).orderBy(asc(receivedAt)).limit(limit);
  return (yield* ask(db.delete(t.notices).where(inArray(id, old)).returning({ id }))).length;
}
