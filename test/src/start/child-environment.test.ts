import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import type { Environment } from '#src/config/environment.ts';
import { startConfig } from '#src/config/start.ts';
import { workerConfig } from '#src/config/worker.ts';
import { simulatorOptions } from '#src/simulator/options.ts';
import { childEnvironment } from '#src/start/child-environment.ts';
import { ensureSecretsKeyFile } from '#src/start/secrets-key-file.ts';
import { ensureTokenFile } from '#src/start/token-file.ts';

/** The environment of the processes that a start with this environment would start. */
function environmentOf(env: Record<string, string>): Environment {
  const dataDir = mkdtempSync(join(tmpdir(), 'ghostifi-environment-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  ensureTokenFile(join(dataDir, 'api-tokens'));
  ensureSecretsKeyFile(join(dataDir, 'secrets-key'));
  const config = startConfig(dataDir, env);
  const simulator = config.simulatorPort === null ? null : 3_901;
  return childEnvironment(config, { api: 3_001, simulator }, 'redis://127.0.0.1:6379');
}

test('the service and the simulated Stripe know the address and the secret of each other', () => {
  const env = environmentOf({ HOST: '0.0.0.0', API_TOKENS: 'shop:storefront:a-secret-of-the-shop-0001' });
  const api = apiConfig({ ...env, API_TOKENS_FILE: '' }).payments;
  expect(workerConfig(env).payments).toEqual(api);
  expect(api?.apiUrl).toBe('http://127.0.0.1:3901/stripe');
  const { hook, apiKeys } = simulatorOptions(env);
  expect(apiKeys).toEqual(['simulator', api?.apiKey]);
  expect(hook).toEqual({ url: 'http://127.0.0.1:3001/v1/stripe/webhook', secret: api?.webhookSecrets[0] });
});

test('the keys that the simulator was given stay valid', () => {
  const { apiKeys } = simulatorOptions(environmentOf({ SIMULATOR_API_KEY: 'simulator,a-key-of-sixteen-letters' }));
  expect(apiKeys).toEqual(['simulator', 'a-key-of-sixteen-letters', 'rk_test_simulator']);
});

test('a key of a real Stripe is used instead of the simulated one', () => {
  const env = environmentOf({ STRIPE_API_KEY: 'rk_test_of_a_person' });
  expect(workerConfig(env).payments).toMatchObject({ apiKey: 'rk_test_of_a_person', webhookSecrets: [] });
  expect(workerConfig(env).payments?.apiUrl).toBe('https://api.stripe.com');
  expect(simulatorOptions(env).hook).toBe(undefined);
});

test('a real cloud gets no simulated payments', () => {
  const env = environmentOf({ CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' });
  expect(workerConfig(env).payments).toBeNull();
});

test('each process finds the database, the tokens and the key of the data folder', () => {
  const env = environmentOf({ SECRETS_KEY_FILE: '', DATABASE_URL: '', API_TOKENS_FILE: '/no/such/tokens' });
  const { databaseUrl, secretsKeys } = workerConfig(env);
  expect(apiConfig(env)).toMatchObject({ databaseUrl, secretsKeys, port: 3_001 });
  expect(apiConfig(env).tokens.map(({ role }) => role)).toEqual(['viewer', 'storefront', 'operator']);
  expect(databaseUrl).toMatch(/^file:.*ghostifi-environment-.*\/ghostifi\.db$/);
  expect(simulatorOptions(env).dataFile).toMatch(/ghostifi-environment-.*\/simulator\.json$/);
});

test('names are kept at the simulated Cloudflare, unless a DNS is named', () => {
  const simulated = { apiUrl: 'http://127.0.0.1:3901/cloudflare/client/v4', apiToken: 'simulator' };
  expect(workerConfig(environmentOf({ DNS: ' ' })).cloudflare).toEqual(simulated);
  expect(workerConfig(environmentOf({ DNS: 'none' })).cloudflare).toBeNull();
});

test('webhooks may lead to this computer, unless the environment says otherwise', () => {
  expect(workerConfig(environmentOf({})).webhookAddresses).toBe('allow');
  expect(workerConfig(environmentOf({ WEBHOOK_PRIVATE_ADDRESSES: 'refuse' })).webhookAddresses).toBe('refuse');
});
