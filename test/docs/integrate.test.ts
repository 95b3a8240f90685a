import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { hasProgram } from '../programs.ts';
import { secretsKey } from '../secrets-key.ts';
import { startWorld, type World } from '../world.ts';

const page = readFileSync(new URL('../../docs/integrate.md', import.meta.url), 'utf8');
const secret = 'shop-secret-of-the-tests-1';
const authorization = `Bearer ${secret}`;

/** How each sample of the page is run, by the language of its block. */
const samples = {
  sh: { file: 'shop.sh', run: ['sh'], needs: ['curl', 'jq'] },
  js: { file: 'shop.mjs', run: [process.execPath], needs: [] },
  php: { file: 'shop.php', run: ['php'], needs: ['php'] },
} as const;
type Language = keyof typeof samples;
const languages = Object.keys(samples) as Language[];

let world: World;
let api: RunningApi;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ghostifi-shop-'));
  world = await startWorld({ bootMs: 100 });
  const config = apiConfig({
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: `shop:storefront:${secret}`,
  });
  api = await startApi({ config, log: createLog({ process: 'api', level: 'silent' }) });
  await world.startWorker();
  const plans = async () => (await fetch(`${api.url}/v1/plans`, { headers: { authorization } })).text();
  await vi.waitFor(async () => expect(await plans()).toContain('vc2-1c-1gb'), 120_000);
}, 240_000);
afterAll(async () => {
  await api?.close();
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A service behind which the first order gets no answer although it is recorded, and the second gets 503. */
async function troubled() {
  let orders = 0;
  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST') orders += 1;
    const order = incoming.method === 'POST' ? orders : 0;
    if (order === 2) {
      outgoing.writeHead(503, { 'retry-after': '1' }).end('{"detail": "Not now."}');
      return;
    }
    const { method, headers, url } = incoming;
    const forwarded = request(`${api.url}${url}`, { method, headers }, (answer) => {
      if (order === 1) outgoing.destroy();
      else answer.pipe(outgoing.writeHead(answer.statusCode ?? 500, answer.headers));
    });
    forwarded.on('error', () => outgoing.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, orders: () => orders, close };
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runSample(language: Language, env: Record<string, string>): Promise<Ended> {
  const { file, run } = samples[language];
  const [program, ...args] = [...run, join(folder, file)];
  writeFileSync(join(folder, file), blocksOf(language)[0] ?? '');
  const options = { env: { PATH: process.env.PATH ?? '', TOKEN: secret, PLACE: 'ewr', URL: api.url, ...env } };
  return new Promise((resolve) => {
    execFile(program ?? '', args, options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    );
  });
}

function blocksOf(language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  );
}

const serversOf = (reference: string) => world.store.readServers({ reference, limit: 10 });

test('every sample of docs/integrate.md is run', () => {
  const named = [...page.matchAll(/^```(\w+)$/gm)].map(([, name]) => name);
  expect(named).toEqual(languages);
});

for (const language of languages) {
  const missing = samples[language].needs.filter((name) => !hasProgram(name));
  if (missing.length > 0)
    test(`The shop in ${language} is not tested: ${missing} is missing.`, () => expect(missing).not.toEqual([]));

  describe.skipIf(missing.length > 0)(`the shop in ${language}`, () => {
    test('buys one server for an order whose answers are lost, and prints its configuration', async () => {
      const service = await troubled();
      const ORDER = `order-${language}`;
      const bought = await runSample(language, { ORDER, URL: service.url });
      expect(bought).toMatchObject({ code: 0, stdout: expect.stringContaining('[Interface]') });
      expect(service.orders()).toBe(3);
      service.close();
      expect(await serversOf(ORDER)).toMatchObject([{ server: { status: 'running' } }]);
      const again = await runSample(language, { ORDER });
      expect(again).toMatchObject({ code: 0, stdout: bought.stdout });
      expect(await serversOf(ORDER)).toHaveLength(1);
    });

    test('stops at once, and says why, if the place is not sold', async () => {
      const refused = await runSample(language, { ORDER: `wrong-${language}`, PLACE: 'nowhere' });
      expect(refused.code).not.toBe(0);
      expect(refused.stderr).toContain('urn:ghostifi:problem:not-offered');
      expect(await serversOf(`wrong-${language}`)).toEqual([]);
    });

    test('says so if the server was not made', async () => {
      await world.fault({ kind: 'boot', ms: null });
      const ORDER = `failed-${language}`;
      const running = runSample(language, { ORDER });
      await vi.waitFor(async () => expect(await serversOf(ORDER)).toHaveLength(1), 20_000);
      const [found] = await serversOf(ORDER);
      const id = found?.server.id ?? '';
      const labels = async () => (await world.machines()).map(({ label }) => label);
      await vi.waitFor(async () => expect(await labels()).toContain(`gf-${id}-1`), 20_000);
      await world.destroy(id);
      const ended = await running;
      expect(ended.code).not.toBe(0);
      expect(ended.stderr).toContain('The server is to be destroyed.');
    });
  });
}
