import type { Subscription } from '#db/payment-tables.ts';
import type { Hold } from '#db/subscriptions.ts';
import type { PurchaseOrder } from '#db/transactions/purchase.ts';
import type { NoticeRun } from './notices.ts';
import type { PaidInvoice } from './payments.ts';

/** The part of a subscription's row that Stripe's objects imply. */
export type Projection = Omit<
  Subscription,
  'hold' | 'holdSince' | 'released' | 'markedServer' | 'doubleOf' | 'cause' | 'syncedAt'
>;

/** What a subscription pays for. */
export interface Offer {
  /** null: `hold` says why. */
  readonly plan: string | null;
  /** Where a new server is made; null: `holdOfNew` says why. */
  readonly location: string | null;
  /** Why its server cannot have the plan that is paid; null: it can. */
  readonly hold: Hold | null;
  /** Why no new server can be made, beyond `hold`; null: it can. */
  readonly holdOfNew: Hold | null;
  /** An operator has decided about its hold, and knows of the server in its mark. */
  readonly isReleased: boolean;
}

/** What one look found, and everything else that its transaction needs. */
export interface Application extends NoticeRun {
  readonly row: Projection;
  readonly payments: readonly PaidInvoice[];
  readonly offer: Offer;
  /** The server in the metadata of the subscription at Stripe; null: none. */
  readonly marked: string | null;
  /** For a new server. */
  readonly terms: Pick<PurchaseOrder, 'provider' | 'domain' | 'maxServers' | 'sealNewKeys'>;
  /** Read in the transaction, once it has its lock. */
  readonly now: () => Date;
}
