import { expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { apiEnv, faultsOf } from './read-faults.ts';

test('the API uses the documented fallbacks for unset variables', () => {
  expect(apiConfig(apiEnv)).toMatchObject({
    host: '127.0.0.1',
    port: 3000,
    databaseUrl: 'file:./data/ghostifi.db',
    provider: 'simulator',
    domain: 'vpn.internal',
    defaultPlan: 'vc2-1c-1gb',
    maxServers: null,
    shutdownGraceSeconds: 30,
  });
});

test('the default plan of purchases can be chosen', () => {
  expect(apiConfig({ ...apiEnv, CLOUD: 'hetzner', DEFAULT_PLAN: 'cpx11' }).defaultPlan).toBe('cpx11');
});

test('an empty variable counts as not set', () => {
  expect(apiConfig({ ...apiEnv, PORT: '', HOST: '  ' }).port).toBe(3000);
});

test.each(['-1', '11', '1.5', 'yes', '10.0.0.1'])('TRUST_PROXY is a number of proxies, not %s', (TRUST_PROXY) => {
  expect(faultsOf(() => apiConfig({ ...apiEnv, TRUST_PROXY }))).toEqual([
    expect.stringMatching(/^TRUST_PROXY must be the number of proxies .* from 0 to 10, but is/),
  ]);
});

test('a configuration is frozen', () => {
  const config = apiConfig(apiEnv);
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.tokens)).toBe(true);
});

test.each([[{ CLOUD: 'vultr', DNS: 'cloudflare' }], [{ CLOUD: 'vultr', DNS: 'cloudflare', DOMAIN: 'vpn.internal' }]])(
  'names of real machines need a domain of the operator, which %j lacks',
  (env) => {
    expect(faultsOf(() => apiConfig({ ...apiEnv, ...env }))).toEqual([
      expect.stringMatching(/^DOMAIN must be a domain whose zone is at Cloudflare/),
    ]);
  },
);

test.each([
  [{ CLOUD: 'vultr', DNS: 'cloudflare', DOMAIN: 'vpn.example.com' }],
  [{ CLOUD: 'vultr' }],
  [{ DNS: 'cloudflare' }],
])('the domain of %j is accepted', (env) => {
  expect(apiConfig({ ...apiEnv, ...env }).domain).toMatch(/^vpn/);
});
