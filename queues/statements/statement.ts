import type { Amount, Statement } from '#db/statements.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { margin, negative, sums } from './amounts.ts';
import { costsOf, estimate, totalCost } from './cost.ts';
import type { DayEvents } from './day-events.ts';
import type { DayUsage } from './usage.ts';

/** Everything that is known about a day. */
export interface DayFacts
  extends Pick<Statement, 'day' | 'zone' | 'owed' | 'servedUnpaid' | 'payingForNothing' | 'held'> {
  readonly from: Date;
  readonly to: Date;
  readonly now: Date;
  /** null: listings do not cover the day. */
  readonly usage: DayUsage | null;
  readonly provider: string;
  readonly catalogue: Catalogue | null;
  /** null: not everything that Stripe has sent is applied. */
  readonly paid: readonly Amount[] | null;
  readonly events: DayEvents;
}

/** The statement of a day. Pure. What is not known is null, and never 0. */
export function statementOf(facts: DayFacts): Statement {
  const { day, zone, from, to, now, usage, events } = facts;
  const { owed, servedUnpaid, payingForNothing, held } = facts;
  const plans = usage && costsOf(usage.plans, facts.catalogue, facts.provider);
  const cost = plans && totalCost(plans);
  const money = facts.paid && moneyOf(facts.paid, events);
  return {
    day,
    zone,
    from: from.toISOString(),
    to: to.toISOString(),
    writtenAt: now.toISOString(),
    complete: cost !== null && money !== null,
    machines: usage?.counts ?? null,
    usage: plans,
    estimate,
    cost,
    orphanCost: plans && totalCost(plans.filter(({ isOrphan }) => isOrphan)),
    paid: money?.paid ?? null,
    refunded: money?.refunded ?? null,
    disputed: money?.disputed ?? null,
    margin: cost && money && margin(money.gains, cost),
    owed,
    servedUnpaid,
    payingForNothing,
    held,
    events: events.count,
    eventsDigest: events.digest,
  };
}

function moneyOf(received: readonly Amount[], { refunded, disputed }: DayEvents) {
  const paid = sums(received);
  return { paid, refunded, disputed, gains: [...paid, ...refunded.map(negative), ...disputed.map(negative)] };
}
