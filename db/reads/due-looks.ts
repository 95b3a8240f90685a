import { literal } from '#db/literal.ts';
import { and, asc, eq, gt, inArray, lte, sql } from '#db/orm.ts';
import type { Notice, Subscription } from '#db/payment-tables.ts';
import { ask, askHot, type Context, given, hot, type Steps } from '#db/steps.ts';
import { countUpTo } from './count-up-to.ts';

/** A notice or a look that the queue has to run. */
export interface DueLook {
  /** The notice's id, or the subscription's. */
  readonly id: string;
  readonly kind: 'notice' | 'look';
  /** null: not looked up yet. */
  readonly subscriptionId: string | null;
  readonly requestId: null;
  readonly createdAt: Date;
  readonly dueAt: null;
  readonly releasedAt: Date;
}

export interface LookPage {
  readonly ids: readonly string[];
  /** The last id of the page, due or not. null: no page follows. */
  readonly last: string | null;
}

interface AskedPage {
  readonly now: Date;
  readonly releasedBefore: Date;
  readonly after: string;
  readonly limit: number;
}

/** Notices first. Their ids never begin like those of subscriptions. */
export function* readDueLooks(context: Context, page: AskedPage): Steps<LookPage> {
  const isAtLooks = page.after.startsWith('sub_');
  const notices = isAtLooks ? [] : yield* openNotices(context, page);
  const left = page.limit - notices.length;
  const looks =
    left === 0 ? [] : yield* dueLooks(context, { ...page, after: isAtLooks ? page.after : '', limit: left });
  const rows = [...notices, ...looks];
  const isDue = ({ at }: OpenRow) => at <= page.releasedBefore || at > page.now;
  return {
    ids: rows.filter(isDue).map(({ id }) => id),
    last: rows.length < page.limit ? null : (rows.at(-1)?.id ?? null),
  };
}

interface OpenRow {
  readonly id: string;
  readonly at: Date;
}

const noticePage = hot('open_notices', ({ db, t: { notices } }) =>
  db
    .select({ id: notices.id, at: notices.receivedAt })
    .from(notices)
    .where(and(eq(notices.state, literal('received')), gt(notices.id, sql.placeholder('after'))))
    .orderBy(asc(notices.id))
    .limit(sql.placeholder('limit')),
);

function openNotices(_: Context, { after, limit }: AskedPage): Steps<OpenRow[]> {
  return askHot(noticePage, { after, limit });
}

const lookPage = hot('due_looks', ({ db, t: { subscriptions } }) => {
  const { id, changesAt } = subscriptions;
  const isDue = sql`${changesAt} <= ${given('now', changesAt)}`;
  return db
    .select({ id, at: changesAt })
    .from(subscriptions)
    .where(and(isDue, gt(id, sql.placeholder('after'))))
    .orderBy(asc(id))
    .limit(sql.placeholder('limit'));
});

function* dueLooks(_: Context, { now, after, limit }: AskedPage): Steps<OpenRow[]> {
  return (yield* askHot(lookPage, { now, after, limit })).map(({ id, at }) => ({ id, at: at ?? now }));
}

/** Those of the notices and looks that are still to be done. */
export function* readOpenLooks(context: Context, ids: readonly string[], now: Date): Steps<DueLook[]> {
  const { db, t } = context;
  const noticed = and(inArray(t.notices.id, [...ids]), eq(t.notices.state, literal('received')));
  const notices = yield* ask(db.select().from(t.notices).where(noticed));
  const due = and(inArray(t.subscriptions.id, [...ids]), lte(t.subscriptions.changesAt, now));
  const subscriptions = yield* ask(db.select().from(t.subscriptions).where(due));
  return [...notices.map(lookOfNotice), ...subscriptions.map((one) => lookAt(one, one.changesAt ?? now))];
}

export function lookOfNotice({ id, subscriptionId, receivedAt }: Notice): DueLook {
  return look({ id, kind: 'notice', subscriptionId, createdAt: receivedAt, releasedAt: receivedAt });
}

export function lookAt({ id, createdAt }: Subscription, releasedAt: Date): DueLook {
  return look({ id, kind: 'look', subscriptionId: id, createdAt, releasedAt });
}

function look(fields: Omit<DueLook, 'requestId' | 'dueAt'>): DueLook {
  return { ...fields, requestId: null, dueAt: null };
}

const mostCounted = 20_000;

/** How many notices and looks the queue should have; counted up to 20,000 of each. */
export function* countDueLooks(context: Context, now: Date): Steps<number> {
  const { notices, subscriptions } = context.t;
  // With a bound, the index is searched.
  const isOpen = and(eq(notices.state, literal('received')), gt(notices.receivedAt, new Date(0)));
  const isDue = lte(subscriptions.changesAt, now);
  const open = yield* countUpTo(context, { table: notices, where: isOpen, most: mostCounted });
  const due = yield* countUpTo(context, { table: subscriptions, where: isDue, most: mostCounted });
  return open + due;
}
