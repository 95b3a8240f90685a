import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { secretsKey } from '../secrets-key.ts';
import { startWorld, type World } from '../world.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
/** Chromium without background requests to Google. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const secrets = { operator: 'operator-secret-of-the-tests', viewer: 'viewer-secret-of-the-tests' } as const;

/** The whole service and a browser. */
export interface Installation {
  readonly world: World;
  readonly url: string;
  /** GET as the operator. Throws if the answer is an error. */
  ask(path: string): Promise<unknown>;
  /** Opens a page with its own cookies, and signs in. */
  signIn(role: keyof typeof secrets, viewport?: { width: number; height: number }): Promise<Page>;
  close(): Promise<void>;
}

/** The path of Chromium on PATH, or null if it is not installed and the browser tests cannot run. */
export function findBrowser(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync) ?? null;
}

/** Starts an API, a worker process, a simulated cloud and a browser. */
export async function startInstallation(executablePath: string): Promise<Installation> {
  const world = await startWorld({ bootMs: 300 });
  const api = await openApi(world);
  await world.startWorker({ REBUILD_GRACE_SECONDS: '1' });
  const browser = await chromium.launch({ executablePath, args });
  const { url } = api;
  return {
    world,
    url,
    ask: async (path) => {
      const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${secrets.operator}` } });
      if (!answer.ok) throw new Error(`GET ${path} was answered with ${answer.status}.`);
      return answer.json();
    },
    signIn: (role, viewport) => signIn(browser, { url, secret: secrets[role], viewport }),
    close: async () => {
      await browser.close();
      await api.close();
      await world.close();
    },
  };
}

function openApi({ databaseFile, redis }: World): Promise<RunningApi> {
  const config = apiConfig({
    PORT: '0',
    DATABASE_URL: `file:${databaseFile}`,
    REDIS_URL: redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: Object.entries(secrets)
      .map(([role, secret]) => `${role}:${role}:${secret}`)
      .join(','),
  });
  return startApi({ config, log: createLog({ process: 'api', level: 'silent' }) });
}

interface SignIn {
  readonly url: string;
  readonly secret: string;
  readonly viewport: { width: number; height: number } | undefined;
}

async function signIn(browser: Browser, { url, secret, viewport }: SignIn): Promise<Page> {
  const context = await browser.newContext(viewport && { viewport });
  const page = await context.newPage();
  await page.goto(`${url}/admin/queues`);
  await page.getByLabel('API token').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('servers').first().waitFor();
  return page;
}
