import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startConfig } from '#src/config/start.ts';
import { secretsKey } from '../../secrets-key.ts';
import { faultsOf } from './read-faults.ts';

test('`npm start` needs no settings, and starts its own Redis unless one is named', () => {
  expect(startConfig('data', {})).toMatchObject({ ownsRedis: true, secretsKeyFile: 'data/secrets-key' });
  expect(startConfig('data', { REDIS_URL: 'redis://host' }).ownsRedis).toBe(false);
  expect(startConfig('data', { REDIS_SENTINELS: 'one', REDIS_MASTER: 'shop' }).ownsRedis).toBe(false);
});

test('`npm start` makes a key unless one is set, and the simulated Stripe unless there is a real one', () => {
  const blank = { SECRETS_KEY: ' ', SECRETS_KEY_FILE: ' ', STRIPE_API_KEY: ' ', STRIPE_API_KEY_FILE: ' ' };
  const unset = { secretsKeyFile: 'data/secrets-key', simulatesStripe: true };
  expect(startConfig('data', blank)).toMatchObject(unset);
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-start-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  expect(startConfig('data', { SECRETS_KEY: secretsKey }).secretsKeyFile).toBeNull();
  expect(startConfig('data', { SECRETS_KEY_FILE: file('key', secretsKey) }).secretsKeyFile).toBeNull();
  const stripe = { STRIPE_API_KEY_FILE: file('stripe', 'rk_test_of_a_person') };
  expect(startConfig('data', stripe).simulatesStripe).toBe(false);
});

test('`npm start` accepts a key in a file, and a file of tokens that it does not read', () => {
  expect(faultsOf(() => startConfig('data', { SECRETS_KEY_FILE: '/no/such/key' }))).toEqual([
    expect.stringMatching(/^SECRETS_KEY must be .* \(ENOENT\)\.$/),
  ]);
  expect(startConfig('data', { API_TOKENS_FILE: '/no/such/tokens' }).secretsKeyFile).toBe('data/secrets-key');
  expect(faultsOf(() => startConfig('data', { REDIS_MASTER: 'shop' }))).toEqual([
    expect.stringMatching(/^REDIS_SENTINELS must be .*; it is not set\.$/),
  ]);
});

test('`npm start` reports the faults of all its processes at once, each once', () => {
  const env = {
    PORT: 'x',
    LOG_LEVEL: 'loud',
    TRUST_PROXY: 'yes',
    WORKER_CONCURRENCY: '0',
    SIMULATOR_BOOT_SECONDS: 'soon',
    SECRETS_KEY: Buffer.alloc(32).toString('base64'),
    API_TOKENS: 'shop:storefront:short',
    REDIS_URL: 'redis://:Zk3/abc@host',
    VULTR_API_URL: 'vultr',
  };
  const faults = faultsOf(() => startConfig('data', env));
  for (const name of Object.keys(env))
    expect(
      faults.filter((fault) => fault.includes(name)),
      name,
    ).toHaveLength(1);
  expect(faults).toHaveLength(Object.keys(env).length);
  expect(faultsOf(() => startConfig('data', { CLOUD: 'vultr', SIMULATOR_BOOT_SECONDS: 'soon' }))).toEqual([
    expect.stringMatching(/^VULTR_API_KEY must be .*; it is not set\.$/),
  ]);
});
