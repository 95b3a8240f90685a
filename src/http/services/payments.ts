import type { DueLook } from '#db/reads/due-looks.ts';
import type { Store } from '#db/store.ts';
import { openPaymentsQueue, type QueueConnection } from '#queues/bullmq/connection.ts';
import { createPublisherOf } from '#queues/bullmq/publisher.ts';
import { paymentRows } from '#queues/bullmq/queue-rows.ts';
import { createIngest, type Ingest, publishLook } from '#queues/payments/ingest.ts';
import { type Payments, PaymentsError, type Price } from '#queues/ports/payments.ts';
import type { PaymentsConfig } from '#src/config/payments.ts';
import { type AtOnce, limitAtOnce } from '#src/http/middleware/at-once.ts';
import { type FailureLimit, limitFailures } from '#src/http/middleware/rate-limits.ts';
import { Problem, retryAfter } from '#src/http/problems/problem.ts';
import type { Logger } from '#src/log.ts';
import type { ObserveCall } from '#src/outgoing/observed-fetch.ts';
import type { ProxySettings } from '#src/outgoing/proxy.ts';
import { createVerifier, type Verify } from '#src/payments/stripe/signature.ts';
import { createStripe } from '#src/payments/stripe/stripe.ts';
import { cached } from './cached.ts';

/** What the routes of payments need. */
export interface PaymentsDesk {
  /** Calls Stripe within ten seconds. Throws a Problem. */
  ask<T>(call: (payments: Payments, signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The prices that sell a plan, as Stripe had them within the last minute. Throws a Problem. */
  readonly prices: () => Promise<readonly Price[]>;
  readonly livemode: boolean;
  /** null: no webhook is accepted. */
  readonly verify: Verify | null;
  readonly badSignatures: FailureLimit;
  /** For bodies that nobody has verified yet: each takes up to 1 MB of memory. */
  readonly unverified: AtOnce;
  readonly ingest: Ingest;
  /** Publishes a look that is due now, in the background. */
  publishLook(look: DueLook): void;
  /** Of notices and looks. */
  readonly queue: QueueConnection['queue'];
  close(): Promise<void>;
}

export interface PaymentsDeskDeps {
  readonly proxy: ProxySettings;
  /** null: there are no payments. */
  readonly settings: PaymentsConfig | null;
  readonly store: Store;
  readonly connection: QueueConnection;
  readonly log: Logger;
  readonly now: () => Date;
  readonly callEnded?: ObserveCall;
}

const pricesFreshMs = 60_000;
const callTimeoutMs = 10_000;
const badSignaturesPerMinute = 60;
export const unverifiedAtOnce = { total: 256, share: 64 };
const unavailableSeconds = 30;

/** null: there are no payments. */
export function openPaymentsDesk(deps: PaymentsDeskDeps): PaymentsDesk | null {
  const { settings, proxy, store, connection, log, now } = deps;
  if (settings === null) return null;
  const { webhookSecrets, livemode } = settings;
  const own = openPaymentsQueue(connection);
  const publishing = {
    publisher: createPublisherOf(paymentRows, own, now),
    isRedisReady: () => own.redis.status === 'ready',
    log,
  };
  const ask = asker(createStripe({ ...settings, proxy, observe: deps.callEnded }));
  return {
    ask,
    prices: cached(pricesFreshMs, () => ask((payments, signal) => payments.prices(signal))),
    livemode,
    verify: webhookSecrets.length > 0 ? createVerifier(webhookSecrets) : null,
    badSignatures: limitFailures(badSignaturesPerMinute),
    unverified: limitAtOnce(unverifiedAtOnce),
    ingest: createIngest({ ...publishing, store, now }),
    publishLook: (look) => publishLook(publishing, look),
    queue: own.queue,
    close: () => own.close(),
  };
}

/** The desk, or a Problem. */
export function deskOf({ payments }: { readonly payments: PaymentsDesk | null }): PaymentsDesk {
  if (payments) return payments;
  throw new Problem('payments-unavailable', 'This installation takes no payments: STRIPE_API_KEY is not set.');
}

/** Calls Stripe, with its errors as Problems. */
export function asker(payments: Payments): PaymentsDesk['ask'] {
  return async (call) => {
    try {
      return await call(payments, AbortSignal.timeout(callTimeoutMs));
    } catch (error) {
      throw problemOf(error);
    }
  };
}

function problemOf(error: unknown): unknown {
  if (error instanceof PaymentsError && error.fault === 'rejected') {
    return new Problem('invalid-body', `Stripe refuses the request. ${error.message}`, { cause: error });
  }
  const isTimeout = error instanceof DOMException && error.name === 'TimeoutError';
  if (!(error instanceof PaymentsError || isTimeout)) return error;
  const detail = `Stripe does not answer as it should. Try again later. ${isTimeout ? 'It gave no answer within ten seconds.' : error.message}`;
  const seconds = error instanceof PaymentsError && error.retryAfterMs ? Math.ceil(error.retryAfterMs / 1_000) : null;
  return new Problem('payments-unavailable', detail, {
    headers: retryAfter(seconds ?? unavailableSeconds),
    cause: error,
  });
}
