import type { Notice } from '#db/payment-tables.ts';
import type { Store } from '#db/store.ts';
import type { IgnoreReason } from '#db/subscriptions.ts';
import type { Job } from '#db/tables.ts';
import type { Application } from '#db/transactions/payments/application.ts';
import type { NoticeRun } from '#db/transactions/payments/notices.ts';
import type { Payments, SubscriptionFacts } from '#queues/ports/payments.ts';
import type { Catalogue } from '#queues/ports/provider.ts';
import { customerOf, type Ownership, offerOf, whyIgnored } from './offer.ts';
import { paymentsOf, projectionOf } from './projection.ts';
import { type StandingRules, standingOf } from './standing.ts';

/** Everything that looks share. */
export interface LookDeps extends Ownership {
  readonly store: Pick<Store, 'readTime' | 'readSubscription' | 'applySubscription' | 'ignoreNotice' | 'holdAbsent'>;
  readonly payments: Payments;
  readonly rules: StandingRules;
  readonly defaultLocation: string | null;
  /** For a new server. */
  readonly terms: Application['terms'];
  /** The provider's offer; null: not read yet. */
  readonly catalogue: () => Promise<Catalogue | null>;
  readonly now: () => Date;
  /** Publishes the jobs that a look has added or found, in the background. `at`: the time of its transaction. */
  readonly publish: (jobs: readonly Job[], at: Date) => void;
  /** A server could not be written into its subscription's metadata. A later look does that. */
  readonly onUnmarked: (subscriptionId: string, error: unknown) => void;
}

/** `applied`: the rows are as Stripe's objects. `outdated`: a look that began later had been applied before. */
export type LookEnd = 'applied' | 'outdated' | IgnoreReason;

export interface Look {
  readonly attempts: number;
  readonly signal: AbortSignal;
}

/** Looks at the subscription that a notice is about, and closes the notice. */
export async function lookByNotice(deps: LookDeps, notice: Notice, { attempts, signal }: Look): Promise<LookEnd> {
  const { objectId } = notice;
  const startedAt = await deps.store.readTime();
  const subscriptionId =
    notice.subscriptionId ?? (objectId === null ? null : await deps.payments.subscriptionOf(objectId, signal));
  if (subscriptionId === null) {
    await deps.store.ignoreNotice({ ...notice, attempts, reason: 'not-ours' });
    return 'not-ours';
  }
  return look(deps, { id: subscriptionId, notice, startedAt, attempts, signal });
}

/** Looks at a subscription because time has passed, or because somebody asked for it. */
export async function lookAtDue(deps: LookDeps, id: string, { attempts, signal }: Look): Promise<LookEnd> {
  const startedAt = await deps.store.readTime();
  return look(deps, { id, notice: null, startedAt, attempts, signal });
}

interface Subject extends NoticeRun {
  /** Of the subscription. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** Fetches the objects with no transaction open, judges them, and applies the judgement in one transaction. */
async function look(deps: LookDeps, subject: Subject): Promise<LookEnd> {
  const { store, payments } = deps;
  const { id, signal } = subject;
  const row = await store.readSubscription(id);
  const facts = await payments.subscription(id, signal);
  const reason = facts === null ? 'absent' : whyIgnored(facts, deps);
  if (row === null && reason !== null) return ignoreOf(deps, subject, reason);
  if (facts === null) {
    await store.holdAbsent(id, { ...subject, now: deps.now() });
    return 'absent';
  }
  const reference =
    row === null && facts.metadata.customer === null ? await payments.clientReference(id, signal) : null;
  const customer = customerOf(facts, reference, row);
  return apply(deps, subject, { facts, customer, released: row?.released ?? null });
}

type Seen = Pick<Parameters<typeof offerOf>[1], 'released'> & {
  readonly facts: SubscriptionFacts;
  readonly customer: string;
};

async function apply(deps: LookDeps, subject: Subject, { facts, customer, released }: Seen): Promise<LookEnd> {
  const { store, rules, defaultLocation, terms, now } = deps;
  const { notice, startedAt, attempts } = subject;
  const offer = offerOf(facts, { catalogue: await deps.catalogue(), defaultLocation, released });
  const standing = standingOf(facts, rules, startedAt);
  const applied = await store.applySubscription({
    notice,
    startedAt,
    attempts,
    row: projectionOf({ facts, standing, offer, customer }),
    payments: paymentsOf(facts),
    offer,
    marked: facts.metadata.server,
    terms,
    now,
  });
  if (applied.end === 'outdated') return 'outdated';
  deps.publish(applied.jobs, applied.at);
  if (applied.mark !== null) await mark(deps, subject, applied.mark);
  return 'applied';
}

/** The look is over by now, so that an error must not repeat it. */
async function mark(deps: LookDeps, { id, signal }: Subject, serverId: string): Promise<void> {
  const { payments, installation, onUnmarked } = deps;
  await payments.mark(id, { installation, serverId }, signal).catch((error: unknown) => onUnmarked(id, error));
}

/** A look that no notice asked for is about a row, which is never ignored. */
async function ignoreOf(deps: LookDeps, { id, notice, attempts }: Subject, reason: IgnoreReason): Promise<LookEnd> {
  if (notice) await deps.store.ignoreNotice({ ...notice, subscriptionId: id, attempts, reason });
  return reason;
}
