import { z } from 'zod';
import { duration, variable, webAddressVariable, wholeNumber, yesOrNo } from './variable.ts';

const service = ['api', 'worker'] as const;
const mustBeDuration = 'a duration such as 7d, 48h, 30m or 5s, at most 366d';

/** How customers pay with Stripe, and what happens to those who do not. */
export const stripeVariables = {
  STRIPE_API_KEY: variable(z.string().regex(/^(sk|rk)_(test|live)_\w{4,240}$/), {
    mustBe: 'a restricted key of Stripe (rk_live_… or rk_test_…), or a secret key (sk_…)',
    about:
      'Key of the Stripe account whose subscriptions decide which servers run. Use a restricted key; [payments.md](payments.md) lists its rights. Unset: no payments, and purchases come from POST /v1/purchases only.',
    processes: service,
    secret: true,
  }),
  STRIPE_API_URL: webAddressVariable({
    fallback: 'https://api.stripe.com',
    about: 'Address of the API of Stripe, without `/v1`.',
    processes: service,
  }),
  STRIPE_WEBHOOK_SECRET: variable(secretsSchema(), {
    mustBe: 'one to four signing secrets of Stripe (whsec_…), separated by commas',
    about:
      'Signing secrets of the webhook endpoints at Stripe, one to four: one for each endpoint, and the old and the new one during a change. Unset: no webhook is accepted, and polling alone finds the events.',
    processes: service,
    secret: true,
  }),
  STRIPE_POLL_SECONDS: variable(wholeNumber(1, 86_400), {
    mustBe: 'seconds, from 1 to 86400 (a day)',
    about:
      'How often one worker asks Stripe for events that no webhook brought. Unset: 300, or 15 without STRIPE_WEBHOOK_SECRET.',
    processes: service,
  }),
  STRIPE_SANDBOX_MACHINES: variable(yesOrNo, {
    fallback: 'no',
    mustBe: 'yes or no',
    about:
      "A test key of Stripe together with a real CLOUD is refused, because anybody could buy real machines with Stripe's test cards. `yes` allows it.",
    processes: service,
  }),
  SERVE_TRIALS: variable(yesOrNo, {
    fallback: 'yes',
    mustBe: 'yes or no',
    about: 'Whether a subscription in its trial gets a server before anything is paid.',
    processes: service,
  }),
  DUNNING_GRACE: variable(duration, {
    fallback: '7d',
    mustBe: mustBeDuration,
    about: 'How long a server runs after its invoice became due and was not paid. Then it is suspended.',
    processes: service,
  }),
  DUNNING_KEEP: variable(duration, {
    fallback: '14d',
    mustBe: mustBeDuration,
    about:
      'How long after its unpaid invoice became due a server is kept. Then it is destroyed, with its keys. Not shorter than DUNNING_GRACE.',
    processes: service,
  }),
  CANCEL_KEEP: variable(duration, {
    fallback: '48h',
    mustBe: mustBeDuration,
    about: 'How long the server of a subscription that has ended is kept suspended. Then it is destroyed.',
    processes: service,
  }),
  REFUND_KEEP: variable(duration, {
    fallback: '24h',
    mustBe: mustBeDuration,
    about: 'How long a server whose payment was fully refunded is kept suspended. Then it is destroyed.',
    processes: service,
  }),
  ON_DISPUTE: variable(z.enum(['hold', 'serve']), {
    fallback: 'hold',
    mustBe: 'hold or serve',
    about: 'Whether a server is suspended (hold) or runs on (serve) while its payment is disputed.',
    processes: service,
  }),
  DEFAULT_LOCATION: variable(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/), {
    mustBe: "one of the provider's location ids, as GET /v1/locations lists them",
    about:
      'The location of a server whose subscription and price name none. Unset: such a purchase is held, with an alert.',
    processes: service,
  }),
  PUBLIC_URL: webAddressVariable({
    about: 'Address at which customers reach the API, for links that it hands out.',
    processes: ['api'],
  }),
  STATEMENT_ZONE: variable(z.string().max(64).refine(isTimeZone), {
    fallback: 'UTC',
    mustBe: 'a time zone such as UTC or Europe/Berlin',
    about: 'The time zone whose days the daily statements cover.',
    processes: ['worker'],
  }),
} as const;

function secretsSchema(): z.ZodType<readonly string[]> {
  return z
    .string()
    .transform((text) => text.split(',').map((secret) => secret.trim()))
    .pipe(z.array(z.string().regex(/^whsec_[\x21-\x7e]{16,200}$/)).max(4));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
