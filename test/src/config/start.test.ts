import { expect, test } from 'vitest';
import { startConfig } from '#src/config/start.ts';
import { faultsOf } from './read-faults.ts';

test('`npm start` needs no settings, and starts its own Redis unless one is named', () => {
  expect(startConfig('data', {})).toMatchObject({ ownsRedis: true, secretsKeyFile: 'data/secrets-key' });
  expect(startConfig('data', { REDIS_URL: 'redis://host' }).ownsRedis).toBe(false);
  expect(startConfig('data', { REDIS_SENTINELS: 'one', REDIS_MASTER: 'shop' }).ownsRedis).toBe(false);
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
