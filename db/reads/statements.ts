import { literal } from '#db/literal.ts';
import { and, asc, desc, eq, gte, isNull, lt, sql, sum } from '#db/orm.ts';
import type { Amount } from '#db/statements.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { StandingName } from '#db/subscriptions.ts';
import type { EventRow, Server, StatementRow } from '#db/tables.ts';
import { eventsAfter, longestDelayMs, readLastBefore } from './events.ts';
import type { ReadSlice } from './figures.ts';

/** null: none was written for this day. */
export function* readStatement({ db, t: { statements } }: Context, day: string): Steps<StatementRow | null> {
  const [row] = yield* ask(db.select().from(statements).where(eq(statements.day, day)));
  return row ?? null;
}

/** Newest first, only those of days before the given one. */
export function* readStatements(
  { db, t: { statements } }: Context,
  { before, limit }: { readonly before?: string | undefined; readonly limit: number },
): Steps<StatementRow[]> {
  const { day } = statements;
  const rows = db
    .select()
    .from(statements)
    .where(before === undefined ? undefined : lt(day, before));
  return yield* ask(rows.orderBy(desc(day)).limit(limit));
}

/** A part of a day. */
interface Interval {
  readonly from: Date;
  readonly to: Date;
}

const hourMs = 60 * 60_000;

/** The payments of this time by currency, by Stripe's time; read an hour at a time. */
export async function readPaid(slice: ReadSlice, { from, to }: Interval): Promise<Amount[]> {
  const amounts = new Map<string, number>();
  for (let at = from.getTime(); at < to.getTime(); at += hourMs) {
    const hour = { from: new Date(at), to: new Date(Math.min(at + hourMs, to.getTime())) };
    for (const { currency, amount } of await slice((context) => readPaidWithin(context, hour)))
      amounts.set(currency, (amounts.get(currency) ?? 0) + amount);
  }
  return [...amounts].map(([currency, amount]) => ({ currency, amount }));
}

function* readPaidWithin({ db, t: { payments } }: Context, { from, to }: Interval): Steps<Amount[]> {
  const { currency, amount, paidAt } = payments;
  const within = and(gte(paidAt, from), lt(paidAt, to));
  const sums = yield* ask(
    db
      .select({ currency, amount: sum(amount) })
      .from(payments)
      .where(within)
      .groupBy(currency),
  );
  // Postgres adds up to a number without bounds, which comes as text.
  return sums.map((one) => ({ currency: one.currency, amount: Number(one.amount) }));
}

/** Reading so many events takes SQLite about 20 ms, in which it blocks the event loop. */
const eventsAtOnce = 2_000;

/** Calls `take` with the events of this time, in their order, some at a time. */
export async function readEventsWithin(
  slice: ReadSlice,
  { from, to }: Interval,
  take: (events: readonly EventRow[]) => void,
): Promise<void> {
  let after = await slice((context) => readLastBefore(context, from));
  for (;;) {
    const found = await slice((context) => eventsAfter(context, after, eventsAtOnce));
    take(found.filter(({ at }) => at >= from && at < to));
    const last = found.at(-1);
    if (last === undefined || found.length < eventsAtOnce || last.at.getTime() > to.getTime() + longestDelayMs) return;
    after = last.id;
  }
}

/** Whether an event that Stripe made before then is still to be looked at. */
export function* hasOpenNotice({ db, t: { notices } }: Context, before: Date): Steps<boolean> {
  const open = and(eq(notices.state, literal('received')), lt(notices.createdAt, before));
  return (yield* ask(db.select({ id: notices.id }).from(notices).where(open).limit(1))).length > 0;
}

export interface ServedUnpaid {
  readonly subscriptionId: string;
  readonly serverId: string;
  readonly standing: StandingName;
}

const unpaidStandings = ['unpaid', 'held'] as const satisfies readonly StandingName[];
const serving: readonly Server['status'][] = ['installing', 'running', 'rebuilding', 'resuming'];
const subscriptionsAtOnce = 500;

/** The servers that serve although their subscription has not been paid since then. */
export async function readServedUnpaid(slice: ReadSlice, since: Date): Promise<ServedUnpaid[]> {
  const served: ServedUnpaid[] = [];
  for (const standing of unpaidStandings)
    for (let after: Key | null = { createdAt: new Date(0), id: '' }; after !== null; ) {
      const page: Held[] = await slice((context) => readHeld(context, standing, after));
      const unpaid = page.filter((one) => one.since < since && serving.includes(one.status));
      served.push(...unpaid.map(({ id, serverId }) => ({ subscriptionId: id, serverId, standing })));
      after = page.length < subscriptionsAtOnce ? null : (page.at(-1) ?? null);
    }
  return served;
}

interface Key {
  readonly createdAt: Date;
  readonly id: string;
}

interface Held extends Key {
  readonly since: Date;
  readonly serverId: string;
  readonly status: Server['status'];
}

/** The subscriptions of this standing that have a server, oldest first. */
function* readHeld({ db, t }: Context, standing: StandingName, after: Key | null): Steps<Held[]> {
  const { subscriptions, purchases, servers } = t;
  const { id, createdAt, since } = subscriptions;
  const columns = { id, createdAt, since, serverId: servers.id, status: servers.status };
  const isNext = sql`(${createdAt}, ${id}) > (${sql.param(after?.createdAt ?? new Date(0), createdAt)}, ${after?.id ?? ''})`;
  const own = and(eq(purchases.subscriptionId, id), isNull(purchases.endedAt));
  return yield* ask(
    db
      .select(columns)
      .from(subscriptions)
      .innerJoin(purchases, own)
      .innerJoin(servers, eq(servers.purchaseId, purchases.id))
      .where(and(eq(subscriptions.standing, literal(standing)), isNext))
      .orderBy(asc(createdAt), asc(id))
      .limit(subscriptionsAtOnce),
  );
}
