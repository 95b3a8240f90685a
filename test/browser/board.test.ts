import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Purchased } from '#db/transactions/purchase.ts';
import { buyRefused } from '../buy-refused.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';

const browser = findBrowser();
if (browser === null) console.warn('The browser tests are skipped: Chromium is not on PATH.');
const slow = { timeout: 90_000 };
const soon = { timeout: 60_000, interval: 100 };

let installation: Installation;
/** A purchase that the cloud rejected until its last attempt. The check that it left no machine takes about ten seconds. */
let refused: Purchased;
beforeAll(async () => {
  if (browser === null) return;
  installation = await startInstallation(browser);
  refused = await buyRefused(installation.world);
  await ends(refused.job.id, 'failed');
}, 90_000);
afterAll(() => installation?.close());

function boardPage(path: string): string {
  return `${installation.url}/admin/queues/queue/servers${path}`;
}

async function stateOf(jobId: string): Promise<string | undefined> {
  return (await installation.world.store.readJob(jobId))?.state;
}

async function ends(jobId: string, state: string): Promise<void> {
  await vi.waitFor(async () => expect(await stateOf(jobId)).toBe(state), soon);
}

/** A purchase whose machine never finishes booting. */
async function buyEndless(): Promise<Purchased> {
  await installation.world.fault({ kind: 'boot', ms: null });
  return installation.world.buy();
}

/** The dashboard's buttons have icons and no names. Each needs a confirmation. */
async function clickIcon(page: Page, icon: string): Promise<void> {
  await page.locator(`li button:has(svg.lucide-${icon})`).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
}

async function chooseInMenu(page: Page, item: string): Promise<void> {
  await page.locator('button:has(svg.lucide-ellipsis-vertical)').click();
  await page.getByRole('menuitem', { name: item }).click();
  await page.getByRole('button', { name: 'Confirm' }).click();
}

/** Sends a request from a script of the page. Returns the answer's status. */
function sendFromPage(page: Page, method: string, path: string): Promise<number> {
  const content = { headers: { 'content-type': 'application/json' }, body: '{}' };
  return page.evaluate(async ([url, init]) => (await fetch(url, init)).status, [
    `${installation.url}/admin/queues/api/queues${path}`,
    { method, ...content },
  ] as const);
}

async function alertKinds(): Promise<string[]> {
  const { items } = (await installation.ask('/v1/alerts')) as { items: { kind: string }[] };
  return items.map(({ kind }) => kind);
}

describe.skipIf(browser === null)('Bull Board in a browser', slow, () => {
  it('shows a job’s progress, its log, and a link to its server', slow, async () => {
    const { world } = installation;
    const { job, server } = await buyEndless();
    const page = await installation.signIn('viewer');
    await page.goto(boardPage(`/${job.id}?status=active`));
    await page
      .getByRole('progressbar')
      .getByText(/^4\d%$/)
      .waitFor();
    await page.getByText('Logs', { exact: true }).click();
    await page.getByText('Ordering vc2-1c-1gb in ewr').waitFor();
    await page.getByText('waiting until it runs').waitFor();
    const link = await page.getByRole('link', { name: 'Server', exact: true }).getAttribute('href');
    await page.goto(new URL(link ?? '', installation.url).href);
    const shown: unknown = JSON.parse((await page.textContent('body')) ?? '');
    expect(shown).toMatchObject({ id: server.id, status: 'installing' });
    await ends((await world.destroy(server.id)).job.id, 'succeeded');
  });

  it('shows a full ring for a completed job', slow, async () => {
    const { job } = await installation.world.buy();
    await ends(job.id, 'succeeded');
    const page = await installation.signIn('viewer');
    await page.goto(boardPage(`/${job.id}?status=completed`));
    await page.getByRole('progressbar').getByText('100%').waitFor();
  });

  it('shows the error of a failed job, and its retry button makes a new job that succeeds', slow, async () => {
    const { world } = installation;
    const { job, server } = refused;
    const page = await installation.signIn('operator');
    await page.goto(boardPage(`/${job.id}?status=failed`));
    await page.getByText('Invalid request.').first().waitFor();
    await clickIcon(page, 'refresh-cw');
    const retry = await vi.waitFor(async () => {
      const jobs = await world.store.readJobs({ serverId: server.id, limit: 10 });
      const found = jobs.filter(({ retryOf }) => retryOf === job.id);
      expect(found).toHaveLength(1);
      return found[0]?.id ?? '';
    }, soon);
    await ends(retry, 'succeeded');
    expect(await stateOf(job.id)).toBe('failed');
    const machines = (await world.machines()).filter(({ label }) => label.includes(server.id));
    expect(machines).toHaveLength(1);
    await page.goto(boardPage(`/${retry}?status=completed`));
    await page.getByRole('progressbar').getByText('100%').waitFor();
  });

  it('shows viewers no buttons, and rejects changes that their browser sends', slow, async () => {
    const { job, server } = refused;
    const page = await installation.signIn('viewer');
    await page.goto(boardPage(`/${job.id}?status=failed`));
    await page.getByText('Invalid request.').first().waitFor();
    expect(await page.locator('li button:has(svg.lucide-refresh-cw), li button:has(svg.lucide-trash-2)').count()).toBe(
      0,
    );
    expect(await sendFromPage(page, 'PUT', `/servers/${job.id}/retry`)).toBe(403);
    expect(await sendFromPage(page, 'PUT', '/servers/pause')).toBe(403);
    expect(await installation.world.connection.queue.isPaused()).toBe(false);
    const jobs = await installation.world.store.readJobs({ serverId: server.id, limit: 10 });
    expect(jobs.map(({ requestedBy }) => requestedBy)).not.toContain('key:viewer');
  });

  it('does not allow operators to add, edit, promote or remove a job, or to empty the queue', slow, async () => {
    const { job } = refused;
    const page = await installation.signIn('operator');
    const calls = [
      'POST /servers/add',
      'PUT /servers/empty',
      'PUT /servers/obliterate',
      'PUT /servers/clean/failed',
      'PUT /servers/promote',
      'PUT /servers/concurrency',
      `PUT /servers/${job.id}/clean`,
      `PUT /servers/${job.id}/promote`,
      `PATCH /servers/${job.id}/update-data`,
    ];
    const answers: string[] = [];
    for (const call of calls) {
      const [method = '', path = ''] = call.split(' ');
      answers.push(`${call}: ${await sendFromPage(page, method, path)}`);
    }
    expect(answers).toEqual(calls.map((call) => `${call}: 403`));
    await page.goto(boardPage(`/${job.id}?status=failed`));
    await clickIcon(page, 'trash-2');
    await page.getByText('Create, cancel and remove jobs through the API').waitFor();
    expect(await (await installation.world.connection.queue.getJob(job.id))?.getState()).toBe('failed');
  });

  it('raises an alert while the queue is paused, and runs jobs again when it is resumed', slow, async () => {
    const page = await installation.signIn('operator');
    await page.goto(boardPage(''));
    await chooseInMenu(page, 'Pause');
    await vi.waitFor(async () => expect(await alertKinds()).toContain('queue-paused'), soon);
    const { job } = await installation.world.buy();
    await chooseInMenu(page, 'Resume');
    await ends(job.id, 'succeeded');
    await vi.waitFor(async () => expect(await alertKinds()).not.toContain('queue-paused'), soon);
  });

  it('shows the machines on the page of the simulated cloud', slow, async () => {
    const { server } = await buyEndless();
    const page = await installation.signIn('viewer');
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    await page.goto(new URL('/', installation.world.simulatorUrl).href);
    const row = page
      .getByRole('row')
      .filter({ hasText: `gf-${server.id}-1` })
      .first();
    await row.getByText('installing').waitFor();
    await page.getByRole('cell', { name: 'POST /v2/instances', exact: true }).first().waitFor();
    expect(messages).toEqual([]);
  });
});
