import { expect, test } from 'vitest';
import { ownEnvironment } from '#src/config/own-environment.ts';

const system = {
  ...{ PATH: '/bin', HOME: '/root', TMPDIR: '/tmp', TZ: 'UTC', LANG: 'C', LC_ALL: 'C', LD_LIBRARY_PATH: '/lib' },
  ...{ MALLOC_ARENA_MAX: '2', SSL_CERT_FILE: '/pem', SSL_CERT_DIR: '/certs', NO_COLOR: '1', FORCE_COLOR: '1' },
  ...{ NODE_EXTRA_CA_CERTS: '/ca', NODE_OPTIONS: '--x', NODE_COMPILE_CACHE: '/cache' },
};
const shared = { DATABASE_URL: 'd', DATABASE_URL_FILE: 'f', REDIS_URL: 'r', SECRETS_KEY: 'k', LOG_LEVEL: 'info' };
const ofPayments = { STRIPE_API_KEY: 'rk', STRIPE_API_KEY_FILE: 'rf', DOMAIN: 'a.test' };
const libraries = {
  ...{ PGPASSWORD: 'p', PGSSLMODE: 'm', https_proxy: 'x', HTTPS_PROXY: 'x', http_proxy: 'x', HTTP_PROXY: 'x' },
  ...{ no_proxy: 'x', NO_PROXY: 'x', all_proxy: 'x', ALL_PROXY: 'x' },
};
const ofApi = { API_TOKENS: 't', API_TOKENS_FILE: 'tf', PORT: '1', DEFAULT_PLAN: 'p' };
const ofWorker = {
  VULTR_API_KEY: 'v',
  VULTR_API_KEY_FILE: 'vf',
  CLOUDFLARE_API_TOKEN: 'c',
  INSTALLATION: 'x',
  SIMULATOR_URL: 'u',
};
const ofSimulator = { SIMULATOR_DATA: 's', SIMULATOR_PORT: '2' };
/** Some have the name of a variable that a process gets within their own, and one is npm's token. */
const ofNobody = {
  ...{ AWS_SECRET_ACCESS_KEY: 'a', STRIPE: 's', npm_config_registry: 'n', NODE_AUTH_TOKEN: 'npm' },
  ...{ PATH_TO_KEY: 'k', GITHUB_PATH: 'g', MY_PGPASSWORD: 'p', NO_PROXY_PASSWORD: 'p', TOKEN_TZ: 't', HOME_KEY: 'h' },
  ...{ DATABASE_URL_OF_SHOP: 'd', TRUSTED_NODE_KEY: 'n', VULTR_API_KEY_OLD: 'v' },
};
const all = { ...system, ...shared, ...ofPayments, ...libraries, ...ofApi, ...ofWorker, ...ofSimulator, ...ofNobody };

test.each([
  ['api', { ...system, ...shared, ...ofPayments, ...libraries, ...ofApi }],
  ['worker', { ...system, ...shared, ...ofPayments, ...libraries, ...ofWorker }],
  ['simulator', { ...system, ...ofSimulator, LOG_LEVEL: 'info' }],
] as const)('the %s gets its own variables only', (child, own) => {
  expect(ownEnvironment(child, all)).toEqual(own);
});
