import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { workerConfig } from '#src/config/worker.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

const STRIPE_API_KEY = 'rk_test_hunter2hunter2';
const secret = (n: number) => `whsec_hunter2hunter2hunter2_${n}`;
const vultr = { CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' };
const dayMs = 24 * 3_600_000;
const paymentsIn = (env: Record<string, string>) => workerConfig({ ...workerEnv, STRIPE_API_KEY, ...env }).payments;

test('there are no payments without a key of Stripe', () => {
  expect(apiConfig(apiEnv).payments).toBeNull();
  expect(workerConfig({ ...workerEnv, STRIPE_WEBHOOK_SECRET: secret(1) }).payments).toBeNull();
});

test('the API and the worker use the same documented fallbacks', () => {
  const env = { STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET: secret(1) };
  const { payments } = apiConfig({ ...apiEnv, ...env });
  expect(payments).toEqual({
    apiKey: STRIPE_API_KEY,
    apiUrl: 'https://api.stripe.com',
    livemode: false,
    webhookSecrets: [secret(1)],
    pollSeconds: 300,
    rules: {
      serveTrials: true,
      dunningGraceMs: 7 * dayMs,
      dunningKeepMs: 14 * dayMs,
      cancelKeepMs: 2 * dayMs,
      refundKeepMs: dayMs,
      onDispute: 'hold',
    },
    defaultLocation: null,
  });
  expect(paymentsIn(env)).toEqual(payments);
  expect(Object.isFrozen(payments)).toBe(true);
});

test.each([
  [{}, 15],
  [{ STRIPE_WEBHOOK_SECRET: secret(1) }, 300],
  [{ STRIPE_POLL_SECONDS: '60' }, 60],
  [{ STRIPE_POLL_SECONDS: '60', STRIPE_WEBHOOK_SECRET: secret(1) }, 60],
])('with %j, Stripe is polled every %i s', (env, seconds) => {
  expect(paymentsIn(env)?.pollSeconds).toBe(seconds);
});

test('one to four secrets of webhooks are accepted', () => {
  const four = [1, 2, 3, 4].map(secret);
  expect(paymentsIn({ STRIPE_WEBHOOK_SECRET: four.join(', ') })?.webhookSecrets).toEqual(four);
  for (const STRIPE_WEBHOOK_SECRET of [[...four, secret(5)].join(), `${secret(1)},`, 'whsec_short', `x${secret(1)}`]) {
    const faults = faultsOf(() => paymentsIn({ STRIPE_WEBHOOK_SECRET }));
    expect(faults).toEqual([expect.stringMatching(/^STRIPE_WEBHOOK_SECRET must be one to four signing secrets/)]);
    expect(faults.join()).not.toContain('hunter2');
  }
});

test.each([
  ['0s', 0],
  ['5s', 5_000],
  ['30m', 1_800_000],
  ['48h', 2 * dayMs],
  ['366d', 366 * dayMs],
])('a duration of %s is %i ms', (CANCEL_KEEP, ms) => {
  expect(paymentsIn({ CANCEL_KEEP })?.rules.cancelKeepMs).toBe(ms);
});

test.each(['7', '7 d', '-1d', '1.5h', '367d', 'P7D', '1w'])('a duration cannot be %j', (REFUND_KEEP) => {
  expect(faultsOf(() => paymentsIn({ REFUND_KEEP }))).toEqual([
    `REFUND_KEEP must be a duration such as 7d, 48h, 30m or 5s, at most 366d, but is "${REFUND_KEEP}".`,
  ]);
});

test('a server is not destroyed before it would be suspended', () => {
  expect(faultsOf(() => paymentsIn({ DUNNING_GRACE: '2h', DUNNING_KEEP: '119m' }))).toEqual([
    'DUNNING_KEEP must be at least as long as DUNNING_GRACE.',
  ]);
  expect(paymentsIn({ DUNNING_GRACE: '2h', DUNNING_KEEP: '120m' })?.rules.dunningKeepMs).toBe(7_200_000);
});

describe('a test key with a real cloud', () => {
  const refused = expect.stringMatching(/^STRIPE_API_KEY must be a live key, as CLOUD is vultr: .*test cards/);
  const reads = {
    api: (env: Record<string, string>) => apiConfig({ ...apiEnv, ...vultr, ...env }),
    worker: (env: Record<string, string>) => workerConfig({ ...workerEnv, ...vultr, ...env }),
  };

  test.each(['api', 'worker'] as const)('is refused by the %s', (process) => {
    for (const key of ['rk_test_hunter2hunter2', 'sk_test_hunter2hunter2']) {
      const faults = faultsOf(() => reads[process]({ STRIPE_API_KEY: key }));
      expect(faults).toEqual([refused]);
      expect(faults.join()).not.toContain('hunter2');
      expect(faultsOf(() => reads[process]({ STRIPE_API_KEY: key, STRIPE_SANDBOX_MACHINES: 'no' }))).toEqual([refused]);
    }
  });

  test.each(['api', 'worker'] as const)('is accepted by the %s if that is asked for', (process) => {
    const { payments } = reads[process]({ STRIPE_API_KEY, STRIPE_SANDBOX_MACHINES: 'yes' });
    expect(payments?.livemode).toBe(false);
  });

  test.each(['rk_live_hunter2hunter2', 'sk_live_hunter2hunter2'])('does not mean the live key %s', (key) => {
    expect(reads.worker({ STRIPE_API_KEY: key }).payments?.livemode).toBe(true);
  });
});

test.each(['pk_test_hunter2hunter2', 'rk_hunter2hunter2', 'rk_test_', 'rk_test_with spaces'])(
  'the key of Stripe cannot be %j, and is never shown',
  (key) => {
    const faults = faultsOf(() => paymentsIn({ STRIPE_API_KEY: key }));
    expect(faults).toEqual([expect.stringMatching(/^STRIPE_API_KEY must be a restricted key of Stripe .*\)\.$/)]);
    expect(faults.join()).not.toMatch(/hunter2|spaces/);
  },
);

test('a worker needs the domain of the servers only if it sells them', () => {
  const env = { ...workerEnv, ...vultr, DNS: 'cloudflare', CLOUDFLARE_API_TOKEN: 'ABCDEFGHIJKLMNOP' };
  expect(workerConfig(env).domain).toBe('vpn.internal');
  const selling = { ...env, STRIPE_API_KEY: 'rk_live_hunter2hunter2' };
  expect(faultsOf(() => workerConfig(selling))).toEqual([expect.stringMatching(/^DOMAIN must be a domain/)]);
  expect(workerConfig({ ...selling, DOMAIN: 'vpn.example.com', MAX_SERVERS: '7' })).toMatchObject({
    domain: 'vpn.example.com',
    maxServers: 7,
  });
});

test('statements cover the days of a known time zone', () => {
  expect(workerConfig(workerEnv).statementZone).toBe('UTC');
  expect(workerConfig({ ...workerEnv, STATEMENT_ZONE: 'Europe/Berlin' }).statementZone).toBe('Europe/Berlin');
  expect(faultsOf(() => workerConfig({ ...workerEnv, STATEMENT_ZONE: 'Mars/Olympus' }))).toEqual([
    'STATEMENT_ZONE must be a time zone such as UTC or Europe/Berlin, but is "Mars/Olympus".',
  ]);
});

test('a printed configuration shows no secret of Stripe', () => {
  const config = workerConfig({ ...workerEnv, STRIPE_API_KEY, STRIPE_WEBHOOK_SECRET: secret(1) });
  const printed = `${JSON.stringify(config)} ${inspect(config, { depth: 9 })}`;
  expect(printed).toContain('statementZone');
  expect(printed).not.toContain('hunter2');
});
