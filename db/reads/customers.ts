import { folded } from '#db/fold.ts';
import { and, eq, inArray, isNotNull, isNull, or, type SQL, type SQLiteColumn, sql } from '#db/orm.ts';
import { ask, type Context, type Steps } from '#db/steps.ts';
import type { EventRow } from '#db/tables.ts';

interface CustomerColumns {
  readonly customer: SQLiteColumn;
  readonly customerFolded: SQLiteColumn;
}

/** The customer as `folded` writes it. The expression is that of the indexes by customer. */
export function foldedCustomer({ customer, customerFolded }: CustomerColumns): SQL<string> {
  return sql<string>`coalesce(${customerFolded}, ${customer})`;
}

/** Of this customer, in any case and any Unicode form. */
export function isOfCustomer(columns: CustomerColumns, wanted: string): SQL {
  return sql`${foldedCustomer(columns)} = ${folded(wanted)}`;
}

/** Whether the column has the id of one of the customer's servers. */
export function isServerOf({ db, t: { servers } }: Context, column: SQLiteColumn, customer: string): SQL {
  return inArray(column, db.select({ id: servers.id }).from(servers).where(isOfCustomer(servers, customer)));
}

/** Whether the event is about this customer's servers or subscriptions, and about none of others. */
export function isEventOf(context: Context, customer: string): SQL | undefined {
  const { db, t } = context;
  const { serverId, subscriptionId } = t.events;
  const { subscriptions } = t;
  const own = db.select({ id: subscriptions.id }).from(subscriptions).where(isOfCustomer(subscriptions, customer));
  return and(
    or(isNotNull(serverId), isNotNull(subscriptionId)),
    or(isNull(serverId), isServerOf(context, serverId, customer)),
    or(isNull(subscriptionId), inArray(subscriptionId, own)),
  );
}

/** Those of the events that `isEventOf` finds. */
export function* onlyEventsOf(
  context: Context,
  events: readonly EventRow[],
  customer: string,
): Steps<ReadonlySet<string>> {
  const { db, t } = context;
  const ids = events.map(({ id }) => id);
  const found = db
    .select({ uid: t.events.uid })
    .from(t.events)
    .where(and(inArray(t.events.id, ids), isEventOf(context, customer)));
  return new Set((yield* ask(found)).map(({ uid }) => uid));
}

/** The things with a customer that a path can name. */
export type Owned = 'server' | 'job' | 'subscription';

/** Whether the thing exists and is this customer's. */
export function* isOwn(
  context: Context,
  { kind, id }: { readonly kind: Owned; readonly id: string },
  customer: string,
): Steps<boolean> {
  const { db, t } = context;
  const found = {
    server: db
      .select({ id: t.servers.id })
      .from(t.servers)
      .where(and(eq(t.servers.id, id), isOfCustomer(t.servers, customer))),
    job: db
      .select({ id: t.jobs.id })
      .from(t.jobs)
      .where(and(eq(t.jobs.id, id), isServerOf(context, t.jobs.serverId, customer))),
    subscription: db
      .select({ id: t.subscriptions.id })
      .from(t.subscriptions)
      .where(and(eq(t.subscriptions.id, id), isOfCustomer(t.subscriptions, customer))),
  }[kind];
  return (yield* ask(found)).length > 0;
}
