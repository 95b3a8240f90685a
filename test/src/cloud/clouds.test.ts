import { expect, it } from 'vitest';
import { cloudNames, clouds, isCloudName, openProvider } from '#src/cloud/clouds.ts';
import { apiConfig } from '#src/config/api.ts';
import { secretsKey } from '../../secrets-key.ts';
import { runSimulator } from '../simulator/running-simulator.ts';

const owner = { installation: 'test', serverId: 'srv-1' };
const never = new AbortController().signal;

it.each([...cloudNames])('%s is opened and recorded under its name', (name) => {
  expect(isCloudName(name)).toBe(true);
  expect(openProvider(name, { apiKey: 'k' }).name).toBe(name);
});

it.each(cloudNames)('%s sells the default plan of purchases', async (name) => {
  const simulated = await runSimulator();
  const apiUrl = simulated.apiUrl(name === 'simulator' ? 'vultr' : name);
  const env = {
    REDIS_URL: 'redis://127.0.0.1',
    SECRETS_KEY: secretsKey,
    API_TOKENS: 'shop:storefront:a-secret-of-the-shop-0001',
  };
  const { defaultPlan } = apiConfig({ ...env, CLOUD: name });
  const { plans } = await openProvider(name, { apiUrl, apiKey: 'simulator' }).catalogue(never);
  expect(plans.find(({ id }) => id === defaultPlan)?.locations.length).toBeGreaterThan(2);
});

it.each([
  ['simulator', '2284', { os_id: 2284 }],
  ['vultr', undefined, { os_id: 2625 }],
  ['digitalocean', 'ubuntu-24-04-x64', { image: 'ubuntu-24-04-x64' }],
  ['digitalocean', '129211873', { image: 129_211_873 }],
  ['hetzner', 'ubuntu-24.04', { image: 'ubuntu-24.04' }],
] as const)('%s is asked for the system %s', async (name, image, wanted) => {
  const bodies: unknown[] = [];
  const fetch: typeof globalThis.fetch = async (_address, request) => {
    bodies.push(JSON.parse(String(request?.body)));
    return Response.json({}, { status: 400 });
  };
  const spec = { name: 'gf-srv-1-1', owner, location: 'x', plan: 'y', userData: null };
  await expect(openProvider(name, { apiKey: 'k', image, fetch }).create(spec, never)).rejects.toThrow('400');
  expect(bodies).toEqual([expect.objectContaining(wanted)]);
});

it.each([...cloudNames])('%s prefers the newest system, and a configured one excludes the others', (name) => {
  const { debian13, debian12, ubuntu2404 } = clouds[name].image;
  expect(openProvider(name, { apiKey: 'k' }).images).toEqual([debian13, debian12, ubuntu2404]);
  expect(openProvider(name, { apiKey: 'k', image: '7' }).images).toEqual(['7']);
});

it.each(['toString', '__proto__', 'Vultr', ''])('there is no provider named "%s"', (name) => {
  expect(isCloudName(name)).toBe(false);
});

it('a driver calls the production API unless another address is configured', async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (url) => {
    asked.push(String(url));
    return Response.json({ account: { name: 'n', email: 'e' } });
  };
  await openProvider('vultr', { apiKey: 'k', fetch }).account(never);
  await openProvider('simulator', { apiKey: 'k', fetch }).account(never);
  await openProvider('digitalocean', { apiKey: 'k', fetch })
    .account(never)
    .catch(() => undefined);
  await openProvider('hetzner', { apiKey: 'k', fetch })
    .account(never)
    .catch(() => undefined);
  expect(asked).toEqual([
    'https://api.vultr.com/v2/account',
    'http://127.0.0.1:3900/v2/account',
    'https://api.digitalocean.com/v2/account',
    'https://api.hetzner.cloud/v1/firewalls?name=ghostifi-account&per_page=50',
  ]);
});

it('production and simulator use the same driver, with another address and name', async () => {
  const apiUrl = (await runSimulator()).apiUrl('vultr');
  const settings = { apiUrl, apiKey: 'simulator' };
  const [production, simulated] = [openProvider('vultr', settings), openProvider('simulator', settings)];
  expect(await production.catalogue(never)).toEqual(await simulated.catalogue(never));
  expect([production.name, simulated.name]).toEqual(['vultr', 'simulator']);
});
