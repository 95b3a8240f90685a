import type { ServerStatus } from './model.ts';
import type { Hold, StandingName } from './subscriptions.ts';

/** What is known about the money and the machines of one day. */

/** How many machines the last complete listing of a day found. */
export interface MachineCounts {
  /** Machines that the cloud lists with our tag. */
  readonly billed: number;
  /** Those of them that have a row. */
  readonly owned: number;
  readonly unknown: number;
  /** Machines that customers use and that the cloud does not list. */
  readonly missing: number;
}

export interface Amount {
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** In the currency's smallest unit. */
  readonly amount: number;
}

/** The machines of one plan. */
export interface PlanCost {
  readonly provider: string;
  readonly plan: string;
  /** No server needs them. */
  readonly isOrphan: boolean;
  /** Of all of them together. */
  readonly hours: number;
  /** null: the catalogue has no price. */
  readonly cost: Amount | null;
}

/** The first 100 of something, and how many there are. */
export interface First<Item> {
  readonly count: number;
  readonly first: readonly Item[];
}

/** null: not known, as `complete` says. Instants are in ISO 8601. */
export interface Statement {
  readonly day: string;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly writtenAt: string;
  readonly complete: boolean;
  readonly machines: MachineCounts | null;
  readonly usage: readonly PlanCost[] | null;
  readonly estimate: string;
  readonly cost: readonly Amount[] | null;
  readonly orphanCost: readonly Amount[] | null;
  readonly paid: readonly Amount[] | null;
  readonly refunded: readonly Amount[] | null;
  readonly disputed: readonly Amount[] | null;
  readonly margin: readonly Amount[] | null;
  readonly owed: First<{ readonly serverId: string; readonly status: ServerStatus; readonly since: string }>;
  readonly servedUnpaid: First<{
    readonly subscriptionId: string;
    readonly serverId: string;
    readonly standing: StandingName;
  }>;
  readonly payingForNothing: First<{ readonly subscriptionId: string; readonly since: string }>;
  readonly held: First<{ readonly subscriptionId: string; readonly hold: Hold; readonly since: string }>;
  readonly events: number;
  /** The SHA-256 of the day's events, in their order. */
  readonly eventsDigest: string;
}
