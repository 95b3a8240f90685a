import type { Store } from '#db/store.ts';
import { openPaymentsQueue, openQueue } from '#queues/bullmq/connection.ts';
import type { Payments } from '#queues/ports/payments.ts';
import { limitAtOnce } from '#src/http/middleware/at-once.ts';
import { limitFailures } from '#src/http/middleware/rate-limits.ts';
import { asker, type PaymentsDesk, unverifiedAtOnce } from '#src/http/services/payments.ts';
import { createVerifier } from '#src/payments/stripe/signature.ts';
import { type StripeInMemory, stripeInMemory } from '../../../queues/payments/stripe-in-memory.ts';
import { quiet } from '../../../world.ts';
import { manualClock } from '../../simulator/manual-clock.ts';
import { type ApiOptions, startTestApi, type TestApi } from '../api-under-test.ts';

export const webhookSecrets = ['whsec_the_old_one_of_the_tests', 'whsec_the_new_one_of_the_tests'] as const;

export interface PaymentsApi {
  readonly api: TestApi;
  readonly stripe: StripeInMemory;
  /** The ids of the published looks. */
  readonly published: string[];
  /** How many signatures may be bad within a minute. */
  readonly badSignatures: number;
  close(): Promise<void>;
}

const badSignatures = 40;

/** The API with payments; nothing is published to a queue. */
export async function startPaymentsApi(options: ApiOptions = {}): Promise<PaymentsApi> {
  const stripe = await stripeInMemory(manualClock(Date.now()));
  const verify = createVerifier(webhookSecrets);
  const published: string[] = [];
  // Nothing listens there, and no route calls it.
  const connection = openQueue({ url: 'redis://127.0.0.1:1' }, quiet);
  const queue = openPaymentsQueue(connection);
  const deskOver = (store: Store): PaymentsDesk => ({
    ask: asker(stripe.payments),
    prices: () => asker(stripe.payments)((payments: Payments, signal) => payments.prices(signal)),
    livemode: false,
    verify,
    badSignatures: limitFailures(badSignatures),
    unverified: limitAtOnce(unverifiedAtOnce),
    ingest: async (notices) => {
      const recorded = await store.recordNotices(notices, new Date());
      published.push(...recorded.map(({ id }) => id));
      return recorded.length;
    },
    publishLook: ({ id }) => void published.push(id),
    queue: queue.queue,
    close: () => queue.close(),
  });
  const api = await startTestApi({ ...options, payments: deskOver });
  return {
    api,
    stripe,
    published,
    badSignatures,
    close: async () => {
      await api.close();
      await queue.close();
      await connection.close();
    },
  };
}
