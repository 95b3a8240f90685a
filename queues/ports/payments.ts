import type { SubscriptionStatus } from '#db/subscriptions.ts';

/** A price with the metadata that this product reads. The metadata of its product counts where its own is not set. */
export interface Price {
  /** `price_…` */
  readonly id: string;
  /** The plan that it sells: `ghostifi_plan`; null: it sells nothing of this product. */
  readonly plan: string | null;
  /** `ghostifi_location`; null: it names none. */
  readonly location: string | null;
}

/** One position of a subscription. */
export interface Item {
  readonly price: Price;
  readonly quantity: number;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/** An invoice that was finalized: open, paid, void or uncollectible. Drafts are never read. */
export interface Invoice {
  /** `in_…` */
  readonly id: string;
  readonly status: 'open' | 'paid' | 'void' | 'uncollectible';
  /** In the currency's smallest unit. Negative: a credit. */
  readonly total: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  readonly finalizedAt: Date;
  /** null: not paid. An invoice of 0 is paid as soon as it is finalized. */
  readonly paidAt: Date | null;
  readonly periodStart: Date;
  readonly periodEnd: Date;
}

/** An invoice that was paid, with the charges that paid it. */
export interface PaidInvoice extends Invoice {
  /** Empty: it was paid without a charge, as by bank transfer. */
  readonly charges: readonly Charge[];
}

/** A payment of money that succeeded. */
export interface Charge {
  /** `ch_…` */
  readonly id: string;
  /** In the currency's smallest unit. */
  readonly amount: number;
  /** Refunds that succeeded or are under way, oldest first. Failed and cancelled ones are left out. */
  readonly refunds: readonly Refund[];
  readonly disputes: readonly Dispute[];
}

export interface Refund {
  readonly amount: number;
  readonly createdAt: Date;
  /** `ghostifi: keep` in its metadata: the customer keeps the server. */
  readonly keepsServer: boolean;
}

export interface Dispute {
  /** `dp_…` */
  readonly id: string;
  /** In Stripe's words: `needs_response`, `under_review`, `won`, `lost`, `warning_…`, `prevented`, `appeal_…`. */
  readonly status: string;
  /** The part of the charge that the bank holds or has taken, in the charge's currency. */
  readonly amount: number;
  readonly createdAt: Date;
}

/** Everything of a subscription that decides whether its server is to serve, as Stripe had it during one fetch. */
export interface SubscriptionFacts {
  /** `sub_…` */
  readonly id: string;
  readonly livemode: boolean;
  /** `cus_…` */
  readonly stripeCustomer: string;
  readonly status: SubscriptionStatus;
  readonly createdAt: Date;
  /** The end of its trial; null: it has none. */
  readonly trialEnd: Date | null;
  /** When it will end by a cancellation that was asked for; null: none was. */
  readonly cancelAt: Date | null;
  readonly endedAt: Date | null;
  readonly metadata: SubscriptionMetadata;
  readonly items: readonly Item[];
  /** The newest invoice that was paid, with its charges; null: none was ever paid. */
  readonly paid: PaidInvoice | null;
  /** The invoices that were paid before it, newest first, at most 100. `charges`: null if they are too old to be read. */
  readonly paidEarlier: readonly (Invoice & { readonly charges: readonly Charge[] | null })[];
  /** The oldest invoice that is open or uncollectible and newer than the newest paid one; null: there is none. */
  readonly owed: Invoice | null;
}

/** The metadata of a subscription that this product reads; null: not set. */
export interface SubscriptionMetadata {
  readonly installation: string | null;
  readonly customer: string | null;
  readonly reference: string | null;
  readonly location: string | null;
  /** The server that serves it, which this service wrote there after the purchase. */
  readonly server: string | null;
}

/** A notice of Stripe, without its payload: the objects are fetched instead. */
export interface StripeEvent {
  /** `evt_…` */
  readonly id: string;
  /** As Stripe names it for a snapshot: `customer.subscription.updated`. */
  readonly type: string;
  /** The object that it is about; null: the event names none. */
  readonly objectId: string | null;
  readonly livemode: boolean;
  readonly createdAt: Date;
}

export interface CheckoutOrder {
  /** The shop's name of the customer. */
  readonly customer: string;
  readonly priceId: string;
  /** null: Stripe asks for it. */
  readonly email: string | null;
  /** Becomes the metadata of the subscription. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly successUrl: string;
  readonly cancelUrl: string;
}

export interface Checkout {
  /** `cs_…` */
  readonly id: string;
  readonly url: string;
  readonly expiresAt: Date;
}

/** One page of the ids of all subscriptions. */
export interface SubscriptionPage {
  readonly ids: readonly string[];
  /** The `after` of the next page; null: this is the last one. */
  readonly next: string | null;
}

/**
 * The company that takes the money. Every call has its own deadline, makes no retries, and rejects with a
 * PaymentsError, or with the signal's reason once that is aborted.
 */
export interface Payments {
  /** null: Stripe knows no such subscription. */
  subscription(id: string, signal: AbortSignal): Promise<SubscriptionFacts | null>;
  /** The subscription of an invoice, a charge, a refund, a dispute, … by the prefix of the id; null: it has none. */
  subscriptionOf(objectId: string, signal: AbortSignal): Promise<string | null>;
  /** What the shop called the customer in the checkout that made the subscription; null: it gave no name. */
  clientReference(subscriptionId: string, signal: AbortSignal): Promise<string | null>;
  /** The events since then, oldest first. Stripe keeps them for 30 days. */
  eventsSince(since: Date, signal: AbortSignal): Promise<readonly StripeEvent[]>;
  /** The ids of all subscriptions in any state, newest first. `after`: the last id of the page before, or null. */
  subscriptions(after: string | null, signal: AbortSignal): Promise<SubscriptionPage>;
  /** All prices that sell a plan and can be bought now. */
  prices(signal: AbortSignal): Promise<readonly Price[]>;
  /** Writes the server's id and this installation into the subscription's metadata. A second call changes nothing. */
  mark(subscriptionId: string, owner: { installation: string; serverId: string }, signal: AbortSignal): Promise<void>;
  /** Opens a page where a customer subscribes. Equal calls with the same key give the same page for 24 hours. */
  createCheckout(order: CheckoutOrder, key: string, signal: AbortSignal): Promise<Checkout>;
  /** The address of a page where the customer changes the card, or cancels. */
  createPortal(stripeCustomer: string, returnUrl: string, signal: AbortSignal): Promise<string>;
}

export const paymentsFaults = [
  /** Unreachable, timed out, or a 5xx. A change may have been made. */
  'unavailable',
  'rate-limited',
  /** 401 or 403, or a right that the key lacks: a person has to fix it. */
  'not-allowed',
  /** 404: there is no such object, or it belongs to another account or mode. */
  'absent',
  /** Any other 4xx, or an answer that differs from Stripe's documentation. */
  'rejected',
] as const;
export type PaymentsFault = (typeof paymentsFaults)[number];

/** A failed call to Stripe. Its message includes Stripe's message and request id, and no secret. */
export class PaymentsError extends Error {
  override readonly name = 'PaymentsError';
  readonly fault: PaymentsFault;
  /** null: Stripe did not say how long to wait. */
  readonly retryAfterMs: number | null;

  constructor(fault: PaymentsFault, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fault = fault;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
