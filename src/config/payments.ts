import type { StandingRules } from '#queues/payments/standing.ts';
import { given } from './read.ts';
import type { Values } from './variables.ts';

/** How customers pay. */
export interface PaymentsConfig {
  readonly apiKey: string;
  /** The base address, without `/v1`. */
  readonly apiUrl: string;
  /** The key belongs to the live mode of its account, and not to a sandbox. */
  readonly livemode: boolean;
  /** At most four. Empty: no webhook is accepted. */
  readonly webhookSecrets: readonly string[];
  readonly pollSeconds: number;
  readonly rules: StandingRules;
  /** null: a subscription has to name its location. */
  readonly defaultLocation: string | null;
}

/** Seconds between two polls: with webhooks, which polling only backs up, and without. */
const pollSeconds = { withWebhooks: 300, alone: 15 } as const;

/** null: STRIPE_API_KEY is not set, so there are no payments. */
export function paymentsConfig(values: Values): PaymentsConfig | null {
  const { STRIPE_API_KEY: apiKey, STRIPE_WEBHOOK_SECRET: secrets } = values;
  if (apiKey === null) return null;
  return {
    apiKey,
    apiUrl: given(values, 'STRIPE_API_URL'),
    livemode: !isTestKey(apiKey),
    webhookSecrets: secrets ?? [],
    pollSeconds: values.STRIPE_POLL_SECONDS ?? (secrets === null ? pollSeconds.alone : pollSeconds.withWebhooks),
    rules: {
      serveTrials: given(values, 'SERVE_TRIALS'),
      dunningGraceMs: given(values, 'DUNNING_GRACE'),
      dunningKeepMs: given(values, 'DUNNING_KEEP'),
      cancelKeepMs: given(values, 'CANCEL_KEEP'),
      refundKeepMs: given(values, 'REFUND_KEEP'),
      onDispute: given(values, 'ON_DISPUTE'),
    },
    defaultLocation: values.DEFAULT_LOCATION,
  };
}

/** The faults of variables that do not fit each other. None without STRIPE_API_KEY. */
export function paymentsFaults(values: Values): string[] {
  const { STRIPE_API_KEY, CLOUD, DUNNING_GRACE, DUNNING_KEEP } = values;
  if (STRIPE_API_KEY === null) return [];
  const faults: string[] = [];
  if (isTestKey(STRIPE_API_KEY) && CLOUD !== null && CLOUD !== 'simulator' && !values.STRIPE_SANDBOX_MACHINES) {
    faults.push(
      `STRIPE_API_KEY must be a live key, as CLOUD is ${CLOUD}: anybody could buy machines with Stripe's test cards. STRIPE_SANDBOX_MACHINES=yes allows a test key.`,
    );
  }
  if (DUNNING_GRACE !== null && DUNNING_KEEP !== null && DUNNING_KEEP < DUNNING_GRACE) {
    faults.push('DUNNING_KEEP must be at least as long as DUNNING_GRACE.');
  }
  return faults;
}

function isTestKey(apiKey: string): boolean {
  return /^[rs]k_test_/.test(apiKey);
}
