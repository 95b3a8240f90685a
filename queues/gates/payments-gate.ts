import { type Payments, PaymentsError } from '#queues/ports/payments.ts';
import { createGate, type Gate } from './gate.ts';
import type { RefusedOperation } from './refused-operations.ts';

/** Holds back all looks while Stripe limits calls or refuses the key. */
export interface PaymentsGate extends Gate {
  /** Stripe; every call through it is recorded in the gate. */
  readonly payments: Payments;
  /** That Stripe has not answered for a minute. */
  readonly outage: Pick<Gate, 'refusals' | 'isOver'>;
}

/** Without marks, a restored database buys machines twice; without checkouts and portals only the shop's pages fail. */
const optional: readonly (keyof Payments)[] = ['mark', 'createCheckout', 'createPortal', 'prices', 'clientReference'];
const outageAfterMs = 60_000;

/** `clock` is monotonic, in ms. */
export function createPaymentsGate(
  inner: Payments,
  now: () => Date,
  clock: () => number = () => performance.now(),
): PaymentsGate {
  const serviceErrorOf = (error: unknown) => (error instanceof PaymentsError ? error : null);
  const gate = createGate({ serviceErrorOf, now, clock, optional });
  const outage = createOutage(now, clock);
  const on = <T>(operation: keyof Payments, call: Promise<T>): Promise<T> =>
    outage.observe(gate.observe(operation, call));
  const payments: Payments = {
    subscription: (id, signal) => on('subscription', inner.subscription(id, signal)),
    subscriptionOf: (id, signal) => on('subscriptionOf', inner.subscriptionOf(id, signal)),
    clientReference: (id, signal) => on('clientReference', inner.clientReference(id, signal)),
    eventsSince: (since, signal) => on('eventsSince', inner.eventsSince(since, signal)),
    subscriptions: (after, signal) => on('subscriptions', inner.subscriptions(after, signal)),
    prices: (signal) => on('prices', inner.prices(signal)),
    mark: (id, owner, signal) => on('mark', inner.mark(id, owner, signal)),
    createCheckout: (order, key, signal) => on('createCheckout', inner.createCheckout(order, key, signal)),
    createPortal: (customer, url, signal) => on('createPortal', inner.createPortal(customer, url, signal)),
  };
  return { ...gate, payments, outage };
}

/** Remembers since when no call has been answered. An answer of any kind ends that. */
function createOutage(now: () => Date, clock: () => number) {
  let failing: { readonly since: number; readonly message: string } | null = null;
  let answeredAt: Date | null = null;
  const answered = () => {
    failing = null;
    answeredAt = now();
  };
  return {
    observe: async <T>(call: Promise<T>): Promise<T> => {
      try {
        const answer = await call;
        answered();
        return answer;
      } catch (error) {
        if (!(error instanceof PaymentsError)) throw error;
        if (error.fault === 'unavailable') failing = { since: failing?.since ?? clock(), message: error.message };
        else answered();
        throw error;
      }
    },
    refusals: (): RefusedOperation[] =>
      failing !== null && clock() - failing.since >= outageAfterMs
        ? [{ subject: 'api', message: unreachable(failing.message), lasting: true }]
        : [],
    isOver: (_: string, refusedAt: Date) => answeredAt !== null && answeredAt >= refusedAt,
  };
}

function unreachable(message: string): string {
  return `does not answer: ${message} Nothing is suspended or destroyed meanwhile; notices and due changes wait.`;
}
