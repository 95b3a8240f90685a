import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
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
const asOperator = { authorization: `Bearer ${secrets.operator}` };
const webhookSecret = 'whsec_browser-test-secret';

/** The whole service and a browser. */
export interface Installation {
  readonly world: World;
  readonly url: string;
  readonly asOperator: Readonly<Record<string, string>>;
  /** GET as the operator. Throws if the answer is an error. */
  ask(path: string): Promise<unknown>;
  /** POST as the operator. Throws if the answer is an error. */
  send(path: string, body: object): Promise<unknown>;
  /** Opens a page with its own cookies. */
  openPage(options?: BrowserContextOptions): Promise<Page>;
  /** Opens a page with its own cookies, and signs in. */
  signIn(role: keyof typeof secrets, viewport?: { width: number; height: number }): Promise<Page>;
  /** Lets the open pages show nothing, so that none polls or reloads beside the next test. */
  leavePages(): Promise<void>;
  close(): Promise<void>;
}

/** The path of Chromium on PATH, or null if it is not installed and the browser tests cannot run. */
export function findBrowser(): string | null {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync) ?? null;
}

/** Starts an API, a worker process, a simulated cloud with its Stripe, and a browser. */
export async function startInstallation(executablePath: string): Promise<Installation> {
  const world = await startWorld({ bootMs: 300 });
  const payments = { ...world.stripe, STRIPE_WEBHOOK_SECRET: webhookSecret };
  const api = await openApi(world, payments);
  await world.startWorker({ REBUILD_GRACE_SECONDS: '1', ...payments });
  const browser = await chromium.launch({ executablePath, args });
  const { url } = api;
  await sendEvents(world, `${url}/v1/stripe/webhook`);
  return {
    world,
    url,
    asOperator,
    ask: (path) => callApi(url, path),
    send: (path, body) => callApi(url, path, body),
    openPage: async (options) => (await browser.newContext(options)).newPage(),
    signIn: (role, viewport) => signIn(browser, { url, secret: secrets[role], viewport }),
    leavePages: () => leavePages(browser),
    close: async () => {
      await browser.close();
      await api.close();
      await world.close();
    },
  };
}

/** The close of a page that reloads itself may wait without end (https://github.com/microsoft/playwright/issues/42068). */
async function leavePages(browser: Browser): Promise<void> {
  const pages = browser.contexts().flatMap((context) => context.pages());
  await Promise.all(pages.map((page) => page.goto('about:blank')));
}

/** GET, or POST with a body, as the operator. */
async function callApi(url: string, path: string, body?: object): Promise<unknown> {
  const headers = { ...asOperator, 'content-type': 'application/json' };
  const answer = await fetch(`${url}${path}`, {
    headers: { ...headers, 'idempotency-key': randomUUID() },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** The simulated Stripe sends its events to this address from now on. */
async function sendEvents({ simulatorUrl }: World, url: string): Promise<void> {
  const answer = await fetch(new URL('/_sim/stripe/hooks', simulatorUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url, secret: webhookSecret, form: 'both' }),
  });
  if (!answer.ok) throw new Error(`The simulated Stripe refused the address: ${await answer.text()}`);
}

function openApi({ databaseFile, redis }: World, payments: Record<string, string>): Promise<RunningApi> {
  const config = apiConfig({
    ...payments,
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
