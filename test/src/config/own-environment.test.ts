import { expect, test } from 'vitest';
import { ownEnvironment } from '#src/config/own-environment.ts';

const system = { PATH: '/bin', HOME: '/root', TZ: 'UTC', NODE_EXTRA_CA_CERTS: '/ca', NO_COLOR: '1' };
const shared = { DATABASE_URL: 'd', DATABASE_URL_FILE: 'f', REDIS_URL: 'r', SECRETS_KEY: 'k', LOG_LEVEL: 'info' };
const ofPayments = { STRIPE_API_KEY: 'rk', STRIPE_API_KEY_FILE: 'rf', DOMAIN: 'a.test' };
const libraries = { PGPASSWORD: 'p', https_proxy: 'x' };
const ofApi = { API_TOKENS: 't', API_TOKENS_FILE: 'tf', PORT: '1', DEFAULT_PLAN: 'p' };
const ofWorker = {
  VULTR_API_KEY: 'v',
  VULTR_API_KEY_FILE: 'vf',
  CLOUDFLARE_API_TOKEN: 'c',
  INSTALLATION: 'x',
  SIMULATOR_URL: 'u',
};
const ofSimulator = { SIMULATOR_DATA: 's', SIMULATOR_PORT: '2' };
const ofNobody = { AWS_SECRET_ACCESS_KEY: 'a', STRIPE: 's', npm_config_registry: 'n' };
const all = { ...system, ...shared, ...ofPayments, ...libraries, ...ofApi, ...ofWorker, ...ofSimulator, ...ofNobody };

test.each([
  ['api', { ...system, ...shared, ...ofPayments, ...libraries, ...ofApi }],
  ['worker', { ...system, ...shared, ...ofPayments, ...libraries, ...ofWorker }],
  ['simulator', { ...system, ...ofSimulator, LOG_LEVEL: 'info' }],
] as const)('the %s gets its own variables only', (child, own) => {
  expect(ownEnvironment(child, all)).toEqual(own);
});
