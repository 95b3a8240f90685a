import { and, eq, isNull, sql } from '#db/orm.ts';
import type { Subscription } from '#db/payment-tables.ts';
import { ask, askHot, type Context, hot, type Steps } from '#db/steps.ts';
import { isBilled } from '#db/subscriptions.ts';
import { recordDestroy } from '#db/transactions/commands.ts';
import { recordEvent } from '#db/transactions/events.ts';
import type { Actor, Recorded } from '#db/transactions/request.ts';

/**
 * Destroys a server because a person asked for it. If its customer pays on, the subscription is held, with an alert.
 * Throws NotFoundError.
 */
export function* recordDestroyByHand(context: Context, serverId: string, actor: Actor): Steps<Recorded> {
  // Before the server, as a look locks both in this order.
  const subscription = yield* lockSubscriptionOf(context, serverId);
  const recorded = yield* recordDestroy(context, serverId, actor);
  if (!subscription || !isBilled(subscription.status)) return { ...recorded, billedBy: null };
  if (subscription.hold !== 'server-destroyed')
    yield* hold(context, subscription, { actor, cause: recorded.job.cause });
  return { ...recorded, billedBy: subscription.id };
}

const openPurchase = hot('open_purchase', ({ db, t: { purchases, servers } }) =>
  db
    .select({ id: purchases.subscriptionId })
    .from(servers)
    .innerJoin(purchases, eq(purchases.id, servers.purchaseId))
    .where(and(eq(servers.id, sql.placeholder('serverId')), isNull(purchases.endedAt))),
);

function* lockSubscriptionOf({ db, t }: Context, serverId: string): Steps<Subscription | undefined> {
  const [found] = yield* askHot(openPurchase, { serverId });
  const id = found?.id;
  if (!id) return undefined;
  // A write of what is there locks the row.
  const same = { syncedAt: sql`${t.subscriptions.syncedAt}` };
  const [subscription] = yield* ask(db.update(t.subscriptions).set(same).where(eq(t.subscriptions.id, id)).returning());
  return subscription;
}

interface Because {
  readonly actor: Actor;
  readonly cause: string | null;
}

function* hold(context: Context, { id }: Subscription, { actor, cause }: Because): Steps<void> {
  const { db, t } = context;
  const held = { hold: 'server-destroyed', holdSince: actor.now } as const;
  yield* ask(db.update(t.subscriptions).set(held).where(eq(t.subscriptions.id, id)));
  const about = { subscriptionId: id, subject: held.hold, cause, detail: {} };
  yield* recordEvent(context, { type: 'payment.held', actor: 'policy', at: actor.now, ...about });
}
