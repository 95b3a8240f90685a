import type { Store } from '#db/store.ts';
import type { Application, Projection } from '#db/transactions/payments/application.ts';
import type { Applied } from '#db/transactions/payments/apply.ts';
import type { NewNotice } from '#db/transactions/payments/notices.ts';
import { at, noon } from './fixture.ts';

/** The row of a subscription that was paid at noon. */
export function row(changes: Partial<Projection> = {}): Projection {
  return {
    id: 'sub_1',
    stripeCustomer: 'cus_1',
    customer: 'ada',
    customerFolded: null,
    reference: null,
    status: 'active',
    standing: 'good',
    reason: 'paid',
    since: noon,
    changesAt: null,
    endsAt: null,
    priceId: 'price_1',
    plan: 'small',
    location: 'ewr',
    periodEnd: at(1_000),
    cancelAt: null,
    endedAt: null,
    openInvoice: null,
    openSince: null,
    paidInvoice: 'in_1',
    paidAt: noon,
    refundedAt: null,
    dispute: null,
    createdAt: noon,
    ...changes,
  };
}

/** The rows of a subscription in a few states. */
export const held = { standing: 'held', reason: 'past-due', status: 'past_due' } as const;
export const over = { standing: 'over', reason: 'canceled', status: 'canceled', endedAt: noon } as const;

/** A look that began `seconds` after noon, and ends at once. */
export function application(
  seconds: number,
  changes: Partial<Projection> = {},
  rest: Partial<Application> = {},
): Application {
  const subscription = row(changes);
  return {
    notice: null,
    startedAt: at(seconds),
    attempts: 1,
    row: subscription,
    payments: [{ ...payment(), invoiceId: subscription.id.replace('sub', 'in') }],
    offer: { plan: subscription.plan, location: subscription.location, hold: null, holdOfNew: null, isReleased: false },
    marked: null,
    terms: { provider: 'simulator', domain: 'vpn.test', maxServers: null, sealNewKeys: (id) => `the keys of ${id}` },
    now: () => at(seconds + 1),
    ...rest,
  };
}

export function payment(refunded = 0, disputed = 0): Application['payments'][number] {
  const period = { periodStart: noon, periodEnd: at(1_000) };
  return { invoiceId: 'in_1', amount: 900, currency: 'USD', paidAt: noon, ...period, returns: { refunded, disputed } };
}

export function apply(store: Store, ...given: Parameters<typeof application>): Promise<Applied> {
  return store.applySubscription(application(...given));
}

export function notice(id: string, objectId: string | null = 'sub_1'): NewNotice {
  return { id, form: 'snapshot', type: 'invoice.paid', objectId, livemode: false, createdAt: noon };
}
