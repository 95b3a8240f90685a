import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { apiConfig } from '#src/config/api.ts';
import { workerConfig } from '#src/config/worker.ts';
import { apiEnv, faultsOf, workerEnv } from './read-faults.ts';

test('a worker uses the documented fallbacks for unset variables', () => {
  expect(workerConfig(workerEnv)).toMatchObject({
    concurrency: 50,
    workerPort: null,
    installation: 'dev',
    rebuildGraceSeconds: 300,
    bootTimeoutSeconds: 600,
    keptDays: { answers: 7, deliveries: 30, jobs: 90, machines: 400, servers: 400, workers: 1 },
    cloud: { name: 'simulator', apiUrl: 'http://127.0.0.1:3900/v2' },
    probeAt: { host: '127.0.0.1', port: 3900 },
  });
});

test.each([
  [{ SIMULATOR_URL: 'http://simulator:3900/v2' }, { host: 'simulator', port: 3900 }],
  [{ SIMULATOR_URL: 'http://[::1]:80/v2' }, { host: '::1', port: 80 }],
  [{ SIMULATOR_URL: 'https://cloud.example/v2' }, { host: 'cloud.example', port: 443 }],
  [{ CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' }, null],
  [{ VPN_PROBE_AT: '[2001:db8::1]:51820' }, { host: '2001:db8::1', port: 51_820 }],
  [
    { CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters', VPN_PROBE_AT: 'lab.example:4000' },
    { host: 'lab.example', port: 4000 },
  ],
])('with %j, handshakes go to %j', (env, probeAt) => {
  expect(workerConfig({ ...workerEnv, ...env }).probeAt).toEqual(probeAt);
});

test.each(['somewhere', 'host:', 'host:0', 'host:65536', '::1:51820', 'a b:1', 'http://host:1'])(
  'VPN_PROBE_AT cannot be %j',
  (address) => {
    expect(faultsOf(() => workerConfig({ ...workerEnv, VPN_PROBE_AT: address }))).toEqual([
      `VPN_PROBE_AT must be host:port, with an IPv6 address in brackets, but is ${JSON.stringify(address)}.`,
    ]);
  },
);

test('jobs are not kept for longer than their destroyed server', () => {
  const kept = (jobs: string, servers: string) =>
    workerConfig({ ...workerEnv, JOBS_KEPT_DAYS: jobs, SERVERS_KEPT_DAYS: servers });
  expect(kept('30', '30').keptDays).toEqual({
    answers: 7,
    deliveries: 30,
    jobs: 30,
    machines: 30,
    servers: 30,
    workers: 1,
  });
  expect(faultsOf(() => kept('31', '30'))).toEqual([
    'JOBS_KEPT_DAYS must be at most SERVERS_KEPT_DAYS, which is 30; it is 31.',
  ]);
});

test('the image of machines is an id of the provider, and a number at Vultr', () => {
  const vultr = { ...workerEnv, CLOUD: 'vultr', VULTR_API_KEY: 'a-key-of-sixteen-letters' };
  expect(workerConfig({ ...vultr, MACHINE_IMAGE: '2284' }).cloud.image).toBe('2284');
  expect(faultsOf(() => workerConfig({ ...vultr, MACHINE_IMAGE: 'ubuntu-24.04' }))).toEqual([
    'MACHINE_IMAGE must be a number, as CLOUD is vultr.',
  ]);
  const hetzner = { ...workerEnv, CLOUD: 'hetzner', HETZNER_API_KEY: 'a-key-of-sixteen-letters' };
  expect(workerConfig({ ...hetzner, MACHINE_IMAGE: 'ubuntu-24.04' }).cloud.image).toBe('ubuntu-24.04');
});

test.each([
  ['vultr', 'https://api.vultr.com/v2'],
  ['digitalocean', 'https://api.digitalocean.com/v2'],
  ['hetzner', 'https://api.hetzner.cloud/v1'],
])('%s requires its own key and no other', (name, apiUrl) => {
  const variable = `${name.toUpperCase()}_API_KEY`;
  expect(faultsOf(() => workerConfig({ ...workerEnv, CLOUD: name }))).toEqual([
    expect.stringMatching(new RegExp(`^${variable} must be .*; it is not set\\.$`)),
  ]);
  const { cloud } = workerConfig({ ...workerEnv, CLOUD: name, [variable]: 'ABCDEFGHIJKLMNOP' });
  expect(cloud).toEqual({ name, apiUrl, apiKey: 'ABCDEFGHIJKLMNOP' });
  const url = 'http://127.0.0.1:3900/x';
  const elsewhere = workerConfig({
    ...workerEnv,
    CLOUD: name,
    [variable]: 'ABCDEFGHIJKLMNOP',
    [`${name.toUpperCase()}_API_URL`]: url,
  });
  expect(elsewhere.cloud.apiUrl).toBe(url);
});

test('servers have no DNS names unless DNS is set, and Cloudflare requires a token', () => {
  expect(apiConfig(apiEnv).dns).toBe('none');
  expect(workerConfig({ ...workerEnv, CLOUDFLARE_API_TOKEN: 'ABCDEFGHIJKLMNOP' }).cloudflare).toBeNull();
  expect(faultsOf(() => workerConfig({ ...workerEnv, DNS: 'cloudflare' }))).toEqual([
    expect.stringMatching(/^CLOUDFLARE_API_TOKEN must be .*; it is not set\.$/),
  ]);
  const named = { DNS: 'cloudflare', CLOUDFLARE_API_TOKEN: 'ABCDEFGHIJKLMNOP' };
  const worker = workerConfig({ ...workerEnv, ...named });
  expect(worker.cloudflare).toEqual({
    apiUrl: 'https://api.cloudflare.com/client/v4',
    apiToken: 'ABCDEFGHIJKLMNOP',
  });
  expect(apiConfig({ ...apiEnv, DNS: 'cloudflare' }).dns).toBe('cloudflare');
  expect(`${JSON.stringify(worker)} ${inspect(worker, { depth: 9 })}`).not.toContain('ABCDEF');
});
