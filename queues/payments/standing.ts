import type { StandingName, StandingReason } from '#db/subscriptions.ts';
import type { Charge, Dispute, SubscriptionFacts } from '#queues/ports/payments.ts';

export interface Standing {
  readonly standing: StandingName;
  readonly reason: StandingReason;
  /** When this standing began, by Stripe's objects and never by the arrival of a notice. */
  readonly since: Date;
  /** When the subscription ends by a cancellation that was asked for; null: none was. */
  readonly endsAt: Date | null;
  /** When time alone changes this standing; null: never. A look is due then. */
  readonly changesAt: Date | null;
}

/** How patient this service is. Durations in ms. */
export interface StandingRules {
  /** A trial is served. */
  readonly serveTrials: boolean;
  /** How long a server serves after its invoice became due. */
  readonly dunningGraceMs: number;
  /** How long after its invoice became due a server is kept. Not shorter than the grace. */
  readonly dunningKeepMs: number;
  readonly cancelKeepMs: number;
  readonly refundKeepMs: number;
  /** `hold`: a server is suspended while its payment is disputed. */
  readonly onDispute: 'hold' | 'serve';
}

const lateLookMs = 5 * 60_000;

/**
 * The standing of a subscription at this moment. Pure: the same facts give the same standing, in whatever order and
 * however often the notices came. Of several reasons the hardest one counts, and of equally hard ones the first to end
 * the server.
 */
export function standingOf(facts: SubscriptionFacts, rules: StandingRules, now: Date): Standing {
  const byStatus = statusStanding(facts, rules, now);
  const all = [byStatus, refundStanding(facts, rules, now), disputeStanding(facts, rules)];
  return all.filter((standing) => standing !== null).reduce((hardest, next) => harder(hardest, next));
}

function statusStanding(facts: SubscriptionFacts, rules: StandingRules, now: Date): Standing {
  switch (facts.status) {
    case 'canceled':
    case 'incomplete_expired':
      return heldThenOver(
        { reason: 'canceled', since: facts.endedAt ?? facts.createdAt, keepMs: rules.cancelKeepMs },
        now,
      );
    case 'paused':
      return lasting('held', 'paused', facts.trialEnd ?? facts.createdAt);
    case 'trialing':
      return rules.serveTrials ? good(facts, { reason: 'trial', since: facts.createdAt }, now) : unpaid(facts);
    case 'active':
      if (!facts.paid) return unpaid(facts);
      return good(facts, { reason: 'paid', since: facts.paid.paidAt ?? facts.paid.finalizedAt }, now);
    case 'past_due':
    case 'unpaid':
      return facts.paid ? owing(facts, rules, now) : unpaid(facts);
    case 'incomplete':
      return unpaid(facts);
  }
}

function unpaid({ createdAt }: SubscriptionFacts): Standing {
  return lasting('unpaid', 'awaiting-payment', createdAt);
}

/**
 * A cancellation that was asked for leaves the server running until the end that Stripe sets. Stripe may still call it
 * active for a while after that: a look each five minutes.
 */
function good(
  { cancelAt }: SubscriptionFacts,
  { reason, since }: Pick<Standing, 'reason' | 'since'>,
  now: Date,
): Standing {
  if (cancelAt === null) return lasting('good', reason, since);
  const looks = Math.max(0, Math.floor((now.getTime() - cancelAt.getTime()) / lateLookMs) + 1);
  return {
    standing: 'good',
    reason: 'ending',
    since,
    endsAt: cancelAt,
    changesAt: after(cancelAt, looks * lateLookMs),
  };
}

function owing(facts: SubscriptionFacts, rules: StandingRules, now: Date): Standing {
  const due = facts.owed?.finalizedAt ?? facts.paid?.periodEnd ?? facts.createdAt;
  const heldAt = after(due, rules.dunningGraceMs);
  const overAt = after(due, rules.dunningKeepMs);
  if (now >= overAt) return lasting('over', 'past-due', overAt);
  if (now >= heldAt) return { ...lasting('held', 'past-due', heldAt), changesAt: overAt };
  return { ...lasting('overdue', 'past-due', due), endsAt: facts.cancelAt, changesAt: heldAt };
}

/** null: the newest payment was not given back, or the customer keeps the server. */
function refundStanding(facts: SubscriptionFacts, rules: StandingRules, now: Date): Standing | null {
  const refundedAt = whenRefunded(facts);
  const keeps = facts.paid?.charges.some(({ refunds }) => refunds.some(({ keepsServer }) => keepsServer));
  return refundedAt === null || keeps
    ? null
    : heldThenOver({ reason: 'refunded', since: refundedAt, keepMs: rules.refundKeepMs }, now);
}

/** When every payment of the newest paid invoice had been given back whole; null: not every one was. */
export function whenRefunded({ paid }: Pick<SubscriptionFacts, 'paid'>): Date | null {
  const charges = paid?.charges.filter(({ amount }) => amount > 0) ?? [];
  if (charges.length === 0 || !charges.every(isRefunded)) return null;
  return latest(charges.flatMap(({ refunds }) => refunds.map(({ createdAt }) => createdAt)));
}

function isRefunded({ amount, refunds }: Charge): boolean {
  return refunds.reduce((sum, refund) => sum + refund.amount, 0) >= amount;
}

function disputeStanding({ paid }: SubscriptionFacts, { onDispute }: StandingRules): Standing | null {
  const disputes = paid?.charges.flatMap((charge) => charge.disputes) ?? [];
  const lost = disputes.filter(({ status }) => status === 'lost');
  if (lost.length > 0) return lasting('over', 'dispute-lost', latest(lost.map(({ createdAt }) => createdAt)));
  const open = disputes.filter(isOpen);
  if (open.length === 0 || onDispute === 'serve') return null;
  return lasting('held', 'disputed', latest(open.map(({ createdAt }) => createdAt)));
}

/** The bank holds the money. An inquiry (`warning_…`) takes none, and a prevented dispute shows as a refund. */
function isOpen({ status }: Dispute): boolean {
  return /^(appeal_)?(needs_response|under_review)$/.test(status);
}

interface Hold {
  readonly reason: StandingReason;
  readonly since: Date;
  readonly keepMs: number;
}

function heldThenOver({ reason, since, keepMs }: Hold, now: Date): Standing {
  const overAt = after(since, keepMs);
  if (now >= overAt) return lasting('over', reason, overAt);
  return { ...lasting('held', reason, since), changesAt: overAt };
}

function lasting(standing: StandingName, reason: StandingReason, since: Date): Standing {
  return { standing, reason, since, endsAt: null, changesAt: null };
}

const hardness: Readonly<Record<StandingName, number>> = { good: 0, overdue: 1, unpaid: 2, held: 3, over: 4 };

function harder(one: Standing, other: Standing): Standing {
  const difference = hardness[one.standing] - hardness[other.standing];
  if (difference !== 0) return difference > 0 ? one : other;
  // The reason that ended the server stays, whatever ends later.
  if (one.standing === 'over') return other.since < one.since ? other : one;
  return endOf(other) < endOf(one) ? other : one;
}

function endOf({ changesAt }: Standing): number {
  return changesAt?.getTime() ?? Number.POSITIVE_INFINITY;
}

function after(moment: Date, ms: number): Date {
  return new Date(moment.getTime() + ms);
}

function latest(moments: readonly Date[]): Date {
  return new Date(Math.max(...moments.map((moment) => moment.getTime())));
}
