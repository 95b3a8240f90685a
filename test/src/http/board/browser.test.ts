import { existsSync } from 'node:fs';
import { UnrecoverableError, Worker } from 'bullmq';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type RunningApi, startApi } from '#src/api.ts';
import { apiConfig } from '#src/config/api.ts';
import { createLog } from '#src/log.ts';
import { secretsKey } from '../../../secrets-key.ts';
import { startWorld, type World } from '../../../world.ts';

const browserFile = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const inBrowser = test.skipIf(!browserFile);

let world: World;
let api: RunningApi;
let browser: Browser;
let failed: { jobId: string; serverId: string };

beforeAll(async () => {
  if (!browserFile) return;
  world = await startWorld();
  const config = apiConfig({
    PORT: '0',
    DATABASE_URL: `file:${world.databaseFile}`,
    REDIS_URL: world.redis.url,
    SECRETS_KEY: secretsKey,
    API_TOKENS: 'boss:operator:boss-secret-of-the-tests-1',
  });
  api = await startApi({ config, log: createLog({ process: 'api', level: 'silent' }) });
  browser = await chromium.launch({ executablePath: browserFile, args: ['--no-sandbox'] });
  failed = await failOneCreate();
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await api?.close();
  await world?.close();
});

async function failOneCreate(): Promise<typeof failed> {
  const worker = new Worker(
    'servers',
    async (job) => {
      await job.log('Failed: Sold out.');
      throw new UnrecoverableError('Sold out.');
    },
    { connection: { url: world.redis.url } },
  );
  const { job, server } = await world.buy();
  const { queue } = world.connection;
  await vi.waitFor(async () => expect(await (await queue.getJob(job.id))?.getState()).toBe('failed'), 10_000);
  await worker.close();
  await world.store.settle({
    jobId: job.id,
    outcome: { end: 'failed', error: 'Sold out.', leftover: 'gone' },
    attempts: 10,
    graceSeconds: 0,
    now: new Date(),
  });
  return { jobId: job.id, serverId: server.id };
}

/** Errors on the page's console. */
function collectConsoleErrors(page: Page): string[] {
  const consoleErrors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') consoleErrors.push(message.text());
  });
  page.on('pageerror', (error) => consoleErrors.push(error.message));
  return consoleErrors;
}

/** The dashboard's buttons have icons and no names. Each needs a confirmation. */
async function clickIcon(page: Page, icon: string): Promise<void> {
  await page.locator(`li button:has(svg.lucide-${icon})`).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
}

inBrowser('an operator signs in, reads a failed job, and retries it', { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  const consoleErrors = collectConsoleErrors(page);
  const jobPage = `${api.url}/admin/queues/queue/servers/${failed.jobId}?status=failed`;
  await page.goto(jobPage);
  expect(new URL(page.url()).pathname).toBe('/admin/login');
  await page.getByLabel('API token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Unknown token. Check it and try again.').waitFor();
  await page.getByLabel('API token').fill('boss-secret-of-the-tests-1');
  await page.getByRole('button', { name: 'Sign in' }).click();

  await page.waitForURL(jobPage);
  await page.getByText('Sold out.').first().waitFor();
  const link = page.getByRole('link', { name: 'Server', exact: true });
  expect(await link.getAttribute('href')).toContain(`/console/servers/${failed.serverId}`);
  await clickIcon(page, 'refresh-cw');
  await vi.waitFor(async () => {
    const jobs = await world.store.readJobs({ serverId: failed.serverId, limit: 10 });
    expect(jobs.filter(({ retryOf }) => retryOf === failed.jobId)).toHaveLength(1);
  }, 10_000);

  await page.goto(`${api.url}/v1/servers/${failed.serverId}`);
  expect(JSON.parse((await page.textContent('body')) ?? '')).toMatchObject({
    id: failed.serverId,
    status: 'installing',
  });
  await page.goto(`${api.url}/admin/logout`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto(`${api.url}/admin/queues`);
  expect(new URL(page.url()).pathname).toBe('/admin/login');
  // Expected: the wrong token.
  expect(consoleErrors.filter((text) => !/status of 401/.test(text))).toEqual([]);
  await page.close();
});

inBrowser('the API’s documentation loads nothing from other origins', { timeout: 60_000 }, async () => {
  const page = await browser.newPage();
  const consoleErrors = collectConsoleErrors(page);
  const crossOrigin: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(api.url) && !request.url().startsWith('data:')) crossOrigin.push(request.url());
  });
  await page.goto(`${api.url}/docs`);
  await page.getByText('Buy a server').first().waitFor();
  expect({ consoleErrors, crossOrigin }).toEqual({ consoleErrors: [], crossOrigin: [] });
  await page.close();
});
