import type { Subscription } from '#db/payment-tables.ts';
import type { First, Statement } from '#db/statements.ts';
import type { Store } from '#db/store.ts';
import type { Server } from '#db/tables.ts';

export type TroubleStore = Pick<Store, 'readTroubles' | 'readPaymentTroubles' | 'readServedUnpaid'>;

type Troubles = Pick<Statement, 'owed' | 'servedUnpaid' | 'payingForNothing' | 'held'>;

/** A create takes less than this, and a suspension too. */
const troubleAfterMs = 15 * 60_000;
const mostListed = 100;

/** Who is owed a server, and who has one without paying, when the statement is written. */
export async function readTroublesOfDay(store: TroubleStore, now: Date): Promise<Troubles> {
  const since = new Date(now.getTime() - troubleAfterMs);
  const { failed, notResumed, installing, resuming } = await store.readTroubles({
    unservedSince: since,
    slowSince: since,
  });
  const unserved = [failed, notResumed, installing, resuming];
  const { held } = await store.readPaymentTroubles(since);
  const inVain = held.first.filter(({ hold }) => hold === 'server-destroyed').map(payerOf);
  return {
    owed: firstOf(
      unserved.flatMap(({ first }) => first.map(owedServer)),
      unserved.reduce((sum, { count }) => sum + count, 0),
    ),
    servedUnpaid: firstOf(await store.readServedUnpaid(since)),
    payingForNothing: firstOf(inVain),
    held: firstOf(held.first.flatMap(heldSubscription), held.count - inVain.length),
  };
}

function firstOf<Item>(items: readonly Item[], count = items.length): First<Item> {
  return { count, first: items.slice(0, mostListed) };
}

function owedServer({ id, status, owedSince, createdAt }: Server) {
  return { serverId: id, status, since: (owedSince ?? createdAt).toISOString() };
}

function payerOf({ id, holdSince, createdAt }: Subscription) {
  return { subscriptionId: id, since: (holdSince ?? createdAt).toISOString() };
}

function heldSubscription(subscription: Subscription) {
  const { hold } = subscription;
  return hold === null || hold === 'server-destroyed' ? [] : [{ ...payerOf(subscription), hold }];
}
