/** The words of payments. */

/** The states of a subscription, in Stripe's words. */
export const subscriptionStatuses = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'canceled',
] as const;
export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** The states in which Stripe asks the customer for money, now or at the next renewal. */
export const billedStatuses = ['trialing', 'active', 'past_due', 'unpaid', 'paused'] as const satisfies readonly [
  SubscriptionStatus,
  ...SubscriptionStatus[],
];

export function isBilled(status: SubscriptionStatus): boolean {
  return billedStatuses.some((billed) => billed === status);
}

export const standings = ['unpaid', 'good', 'overdue', 'held', 'over'] as const;
/**
 * Whether the server of a subscription is to serve. `unpaid`: none is made. `good` and `overdue`: it serves. `held`:
 * it is suspended. `over`: it is destroyed.
 */
export type StandingName = (typeof standings)[number];

/** Whether a server is to run. */
export function serves(standing: StandingName): boolean {
  return standing === 'good' || standing === 'overdue';
}

export const standingReasons = [
  'awaiting-payment',
  'paid',
  'trial',
  'ending',
  'past-due',
  'paused',
  'refunded',
  'disputed',
  'dispute-lost',
  'canceled',
] as const;
export type StandingReason = (typeof standingReasons)[number];

/**
 * Why a subscription does not get what it is paid for, until a person acts or the cause ends. It is never refused, and
 * never lost.
 */
export const holds = [
  /** Its price names no plan that the provider sells. */
  'unknown-plan',
  /** Neither subscription, price nor DEFAULT_LOCATION name a location of the provider. */
  'unknown-location',
  /** It is for more than one server. */
  'quantity',
  /** MAX_SERVERS is reached, the sale is stopped, or the provider has none left. */
  'sold-out',
  /** It is marked with a server that the database does not have: an older database was restored. */
  'has-server',
  /** Its server has another plan than the one that is paid: the rebuild failed. */
  'plan-unchanged',
  /** A person destroyed its server, and the customer pays on. */
  'server-destroyed',
  /** Stripe does not have it: the key belongs to another account or mode. */
  'absent',
] as const;
export type Hold = (typeof holds)[number];

/** How a notice came: sent by Stripe in one of its two forms, or found by a poll. */
export const noticeForms = ['snapshot', 'thin', 'poll'] as const;
export type NoticeForm = (typeof noticeForms)[number];

export const noticeStates = ['received', 'done', 'ignored'] as const;
export type NoticeState = (typeof noticeStates)[number];

/** Why a notice was ignored. */
export const ignoreReasons = ['not-ours', 'other-installation', 'other-mode', 'absent'] as const;
export type IgnoreReason = (typeof ignoreReasons)[number];

/** How a purchase came: by a call of the API, or by a payment. */
export const purchaseSources = ['api', 'stripe'] as const;
