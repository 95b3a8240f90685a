import type { StandingRules } from '#queues/payments/standing.ts';
import type { Charge, Dispute, Invoice, Refund, SubscriptionFacts } from '#queues/ports/payments.ts';

export const hour = 3_600_000;
export const day = 24 * hour;
export const bought = new Date('2026-11-01T00:00:00Z');

/** The rules of an installation that sets nothing. */
export const rules: StandingRules = {
  serveTrials: true,
  dunningGraceMs: 7 * day,
  dunningKeepMs: 14 * day,
  cancelKeepMs: 48 * hour,
  refundKeepMs: 24 * hour,
  onDispute: 'hold',
};

export function at(ms: number): Date {
  return new Date(bought.getTime() + ms);
}

export function invoice(changes: Partial<Invoice> = {}): Invoice {
  return {
    id: 'in_1',
    status: 'paid',
    total: 500,
    currency: 'EUR',
    finalizedAt: bought,
    paidAt: bought,
    periodStart: bought,
    periodEnd: at(30 * day),
    ...changes,
  };
}

export function charge(refunds: readonly Refund[] = [], disputes: readonly Dispute[] = []): Charge {
  return { id: 'ch_1', amount: 500, refunds, disputes };
}

export function refund(amount: number, changes: Partial<Refund> = {}): Refund {
  return { amount, createdAt: at(day), keepsServer: false, ...changes };
}

export function dispute(status: string): Dispute {
  return { id: 'dp_1', status, amount: 500, createdAt: at(2 * day) };
}

/** A subscription whose newest invoice was paid with these charges. */
export function paidWith(...charges: readonly Charge[]): SubscriptionFacts {
  return facts({ paid: { ...invoice(), charges } });
}

/** A subscription that was bought and paid, with these changes. */
export function facts(changes: Partial<SubscriptionFacts> = {}): SubscriptionFacts {
  return {
    id: 'sub_1',
    livemode: false,
    stripeCustomer: 'cus_1',
    status: 'active',
    createdAt: bought,
    trialEnd: null,
    cancelAt: null,
    endedAt: null,
    metadata: { installation: null, customer: null, reference: null, location: null, server: null },
    items: [
      {
        price: { id: 'price_1', plan: 'small', location: null },
        quantity: 1,
        periodStart: bought,
        periodEnd: at(30 * day),
      },
    ],
    paid: { ...invoice(), charges: [charge()] },
    paidEarlier: [],
    owed: null,
    ...changes,
  };
}
