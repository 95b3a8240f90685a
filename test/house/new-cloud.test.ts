import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { secretsKey } from '../secrets-key.ts';
import { copyTree, editFile, runFile, typeErrors } from './tree-copy.ts';

/** A fourth cloud with Hetzner's API at another address. */
const descriptor = `
import type { Cloud } from '#src/cloud/cloud.ts';
import { hetzner as open } from '#src/cloud/hetzner/hetzner.ts';

export const acme = {
  title: 'Acme',
  address: { variable: 'ACME_API_URL', fallback: 'https://api.acme.example/v1' },
  key: { variable: 'ACME_API_KEY', mustBe: 'the key of an Acme account', about: 'Key of the Acme account.' },
  defaultPlan: { id: 'cx23' },
  image: {
    debian13: 'debian-13',
    debian12: 'debian-12',
    ubuntu2404: 'ubuntu-24.04',
    pattern: /^[a-z0-9.-]+$/,
    mustBe: 'a name',
  },
  open,
} as const satisfies Cloud;
`;

const dialect = `
import { hetzner } from '#src/simulator/hetzner/hetzner-dialect.ts';
import type { SimulatedApi } from '#src/simulator/simulated-api.ts';

export const acme: SimulatedApi = { ...hetzner, title: 'Acme', basePath: '/acme/v1' };
`;

/** Orders a machine at the fourth cloud, as the environment configures it, from the fourth API of the simulator. */
const purchase = `
import { openProvider } from './cloud/clouds.ts';
import { apiConfig } from './config/api.ts';
import { workerConfig } from './config/worker.ts';
import { variables } from './config/variables.ts';
import { startSimulator } from './simulator/start-simulator.ts';

const instant = { bootMs: 0, bootJitter: 0, vpnMs: 0, createMs: 0, lockMs: 0 };
const simulator = await startSimulator({
  ...instant,
  host: '127.0.0.1',
  port: 0,
  dataFile: null,
  apiKeys: ['a-key-of-sixteen-letters'],
});
const env = {
  CLOUD: 'acme',
  ACME_API_URL: simulator.apiUrl('acme'),
  ACME_API_KEY: 'a-key-of-sixteen-letters',
  MACHINE_IMAGE: 'ubuntu-24.04',
  REDIS_URL: 'redis://127.0.0.1',
  SECRETS_KEY: '${secretsKey}',
  API_TOKENS: 'shop:storefront:a-secret-of-the-shop-0001',
};
const { cloud } = workerConfig(env);
const provider = openProvider(cloud.name, cloud);
const { signal } = new AbortController();
const owner = { installation: 'test', serverId: 'srv-1' };
const plan = apiConfig(env).defaultPlan;
const machine = await provider.create({ name: 'gf-1', owner, location: 'fsn1', plan, userData: null }, signal);
const listed = await provider.list('test', signal);
const about = variables.ACME_API_KEY.about;
process.stdout.write(JSON.stringify({ provider: provider.name, listed: listed.map(({ id }) => id === machine.id), about }));
await simulator.close();
`;

test('a new cloud is one folder and one line in src/cloud, and the same in src/simulator', async () => {
  const folder = copyTree();
  write(folder, 'src/cloud/acme/cloud.ts', descriptor);
  write(folder, 'src/simulator/acme/acme-dialect.ts', dialect);
  addToList(join(folder, 'src/cloud/clouds.ts'), { list: 'clouds', from: './acme/cloud.ts' });
  addToList(join(folder, 'src/simulator/dialects.ts'), { list: 'dialects', from: './acme/acme-dialect.ts' });
  write(folder, 'src/purchase.ts', purchase);
  expect(await typeErrors(folder)).toEqual([]);
  expect(await runFile(folder, 'src/purchase.ts')).toEqual({
    provider: 'acme',
    listed: [true],
    about: 'Key of the Acme account. Required when CLOUD is acme.',
  });

  editFile(join(folder, 'src/cloud/acme/cloud.ts'), /^ {2}defaultPlan:.*\n/m, '');
  const ofTheCloud = (await typeErrors(folder)).filter((error) => error.startsWith('src/cloud/acme/cloud.ts('));
  expect(ofTheCloud).toEqual([expect.stringContaining("Property 'defaultPlan' is missing")]);
}, 180_000);

function write(folder: string, name: string, text: string): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Adds `acme` to a list, with its import. */
function addToList(file: string, { list, from }: { list: string; from: string }): void {
  editFile(file, /^/, `import { acme } from '${from}';\n`);
  editFile(file, `export const ${list} = { `, `export const ${list} = { acme, `);
}
