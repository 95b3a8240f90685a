import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { workerConfig } from '#src/config/worker.ts';
import { secretsKey } from '../../secrets-key.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

test('all faults are reported at once, each with advice', () => {
  const env = {
    PORT: '99999',
    HOST: 'a host',
    CLOUD: 'aws',
    DATABASE_URL: 'mysql://x',
    LOG_LEVEL: 'loud',
    MAX_SERVERS: '-1',
    API_TOKENS: 'shop:storefront',
    SHUTDOWN_GRACE_SECONDS: '1.5',
    DOMAIN: 'nodots',
    SECRETS_KEY: 'hunter2',
    TRUST_PROXY: 'yes',
    RATE_LIMIT_PER_MINUTE: '0',
    RATE_LIMIT_PER_ADDRESS: '1e3',
    DEFAULT_PLAN: 'A plan',
  };
  const faults = faultsOf(() => apiConfig(env));
  for (const name of [...Object.keys(env), 'REDIS_URL']) {
    expect(
      faults.filter((fault) => fault.includes(name)),
      name,
    ).toHaveLength(1);
  }
  expect(faults).toHaveLength(15);
  for (const fault of faults) expect(fault).toMatch(/ must be .*\.$/);
  expect(() => apiConfig(env)).toThrow(/not usable:\n( {2}- .*\n?){15}$/);
});

test('a fault shows the given value, unless it may be a secret', () => {
  const env = {
    PORT: 'http',
    CLOUD: 'vultr',
    VULTR_API_KEY: 'too short',
    DATABASE_URL: 'root:hunter2@host',
    REDIS_URL: 'hunter2',
    API_TOKENS: 'shop:nobody:hunter2,x:viewer:hunter2 hunter2',
    API_TOKENS_FILE: 'shop:viewer:hunter2',
    SECRETS_KEY_FILE: 'hunter2/key=',
    LOG_LEVEL: 'me:hunter2@host',
    VULTR_API_URL: 'https://hunter2@api.vultr.example/v2',
    CLOUDFLARE_API_URL: 'https://api.example/?token=hunter2',
    REDIS_SENTINELS: 'redis://:hunter2@host:26379',
  };
  const text = [...faultsOf(() => apiConfig(env)), ...faultsOf(() => workerConfig(env))].join('\n');
  expect(text).toContain('"http"');
  expect(text).not.toMatch(/hunter2|too short/);
  for (const name of Object.keys(env).filter((one) => one !== 'CLOUD')) expect(text).toContain(name);
});

test('a printed configuration shows no secret', () => {
  const config = apiConfig({
    ...apiEnv,
    DATABASE_URL: 'postgres://user:hunter2@host/db',
    REDIS_URL: 'redis://:hunter2@host',
  });
  const worker = workerConfig({ ...workerEnv, CLOUD: 'vultr', VULTR_API_KEY: 'hunter2-hunter2-hunter2' });
  const printed = `${JSON.stringify([config, worker])} ${inspect([config, worker], { depth: 9 })} ${inspect(config)}`;
  expect(printed).toContain('127.0.0.1');
  expect(printed).not.toMatch(/hunter2|a-secret-of-the-shop|digest|Buffer/);
  expect(printed).not.toContain(secretsKey);
});
