import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Purchased } from '#db/transactions/purchase.ts';
import { buyRefused } from '../buy-refused.ts';
import { offeredBy } from './board-offers.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';
import { axeFaults, look, savePicture, screens } from './look.ts';

const browser = findBrowser();
if (browser === null) console.warn('The browser tests are skipped: Chromium is not on PATH.');
const slow = { timeout: 90_000 };
/** Many pages, one after another. */
const slowest = { timeout: 300_000 };
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
afterEach(() => installation?.leavePages());
afterAll(() => installation?.close());

/** Serious findings of axe in Bull Board's own markup, which a stylesheet cannot mend (docs/deploy.md). */
const ofItsMarkup = ['button-name', 'aria-progressbar-name', 'svg-img-alt'];

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
  it('shows a job’s progress, its log, and a link to its server', slowest, async () => {
    const { world } = installation;
    const { job, server } = await buyEndless();
    const page = await installation.signIn('viewer');
    await page.goto(boardPage(`/${job.id}?status=active`));
    await page
      .getByRole('progressbar')
      .getByText(/^4\d%$/)
      .waitFor({ timeout: 120_000 });
    expect(await page.getByRole('tab', { name: 'Logs' }).getAttribute('aria-selected')).toBe('true');
    await page
      .getByText(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ Ordering vc2-1c-1gb in ewr/)
      .first()
      .waitFor();
    expect(await page.locator('time').first().textContent()).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await page.getByText('waiting until it runs').waitFor();
    await page.getByRole('tab', { name: 'Progress' }).click();
    await page.getByText('waiting until it runs').waitFor();
    await page.getByRole('tab', { name: 'Data' }).click();
    const data = await page.getByRole('tabpanel').textContent();
    for (const shown of ['customer', 'place', 'plan', 'reason']) expect(data).toContain(shown);
    expect(data).not.toMatch(/redisLife|publishedBy/);
    const link = await page.getByRole('link', { name: 'Server', exact: true }).getAttribute('href');
    expect(link).toBe(`/console/servers/${server.id}`);
    await ends((await world.destroy(server.id)).job.id, 'succeeded');
  });

  it('shows a full ring for a completed job', slow, async () => {
    const { job } = await installation.world.buy();
    await ends(job.id, 'succeeded');
    const page = await installation.signIn('viewer');
    await page.goto(boardPage(`/${job.id}?status=completed`));
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

  it(
    'shows machines, calls and waiting faults on the page of the simulated cloud, all columns at 1,280 px',
    slowest,
    async () => {
      const { server } = await buyEndless();
      await installation.world.fault({ kind: 'slow', operation: 'delete', ms: 1, match: { region: 'nrt' }, times: 3 });
      const page = await installation.signIn('viewer');
      const url = new URL('/', installation.world.simulatorUrl).origin;
      await page.goto(url);
      const row = page.getByRole('row').filter({ hasText: `gf-${server.id}-1` });
      await row.first().getByText('installing').waitFor();
      await page.getByRole('cell', { name: 'POST /v2/instances', exact: true }).first().waitFor();
      await page.getByRole('row', { name: 'slow delete (region nrt) 3 of 3' }).waitFor();
      await installation.leavePages();
      const still = await installation.openPage();
      // Its reload would interrupt the look.
      await still.route(`${url}/`, async (route) => {
        const body = (await (await route.fetch()).text()).replace('<meta http-equiv="refresh" content="2">', '');
        await route.fulfill({ body, contentType: 'text/html' });
      });
      const shown = [...screens, { width: 1280, scheme: 'dark' as const, rules: 'all' as const }];
      const faults = await look(still, { url, path: '/', screens: shown, picture: 'simulator/page' });
      expect(faults).toEqual([]);
      const cut = '[...document.querySelectorAll(".scroll")].filter((one) => one.scrollWidth > one.clientWidth).length';
      expect(await still.evaluate(cut)).toBe(0);
    },
  );

  it('asks people to sign in on every screen, also on the narrowest', slowest, async () => {
    const page = await installation.openPage();
    const { url } = installation;
    expect(await look(page, { url, path: '/admin/login', screens, picture: 'board/sign-in' })).toEqual([]);
  });

  it('offers nothing that is refused', slow, async () => {
    const operator = await offeredBy(await installation.signIn('operator'), boardPage(''), refused.job.id);
    expect(operator).toEqual({ menu: ['Retry all failed jobs', 'Pause'], list: ['Retry all'], job: 1, info: 0 });
    const viewer = await offeredBy(await installation.signIn('viewer'), boardPage(''), refused.job.id);
    expect(viewer).toEqual({ menu: [], list: [], job: 0, info: 0 });
  });

  it('is readable on a phone and on a wide screen, with its charts, and without an error', slowest, async () => {
    const page = await installation.signIn('operator');
    const faults: string[] = [];
    const findings: string[] = [];
    page.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    page.on('pageerror', (error) => void faults.push(error.message));
    page.on('request', (request) => void (request.url().startsWith('http://127') || faults.push(request.url())));
    for (const { width, scheme } of screens) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      for (const [name, path] of Object.entries({ queue: '', job: `/${refused.job.id}?status=failed` })) {
        await page.goto(boardPage(path));
        await page
          .getByText(name === 'queue' ? 'Throughput (jobs / min)' : 'Invalid request.')
          .first()
          .waitFor();
        findings.push(...(await axeFaults(page)).map((fault) => `${name} ${width} ${scheme} ${fault}`));
        await savePicture(page, `board/${name}-${width}-${scheme}.png`);
      }
    }
    expect(findings.filter((found) => !ofItsMarkup.some((rule) => found.includes(`axe ${rule}:`)))).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('shows the error of a failed job, and its retry button makes a new job that succeeds', slowest, async () => {
    const { world } = installation;
    const { job, server } = refused;
    // Until the new job has succeeded, the old one stays.
    await world.fault({ kind: 'boot', ms: 20_000 });
    const page = await installation.signIn('operator');
    await page.goto(boardPage(`/${job.id}?status=failed`));
    await page.getByText('Invalid request.').first().waitFor();
    await clickIcon(page, 'refresh-cw');
    const toast = page.getByRole('status').getByRole('link');
    await toast.waitFor();
    const retry = await vi.waitFor(async () => {
      const jobs = await world.store.readJobs({ serverId: server.id, limit: 10 });
      const found = jobs.filter(({ retryOf }) => retryOf === job.id);
      expect(found).toHaveLength(1);
      return found[0]?.id ?? '';
    }, soon);
    expect(await toast.getAttribute('href')).toBe(`/admin/queues/queue/servers/${retry}`);
    await page.reload();
    await page.getByText(`Retried as ${retry} by operator`).waitFor();
    await page.getByRole('link', { name: 'open' }).click();
    await page.waitForURL(boardPage(`/${retry}`));
    await ends(retry, 'succeeded');
    expect(await stateOf(job.id)).toBe('failed');
    await vi.waitFor(async () => expect(await world.connection.queue.getFailed()).toEqual([]), soon);
    await page.goto(boardPage('?status=failed'));
    await page.getByText('No failed jobs in this queue.').waitFor();
    const machines = (await world.machines()).filter(({ label }) => label.includes(server.id));
    expect(machines).toHaveLength(1);
    await page.goto(boardPage(`/${retry}?status=completed`));
    await page.getByRole('progressbar').getByText('100%').waitFor();
  });
});
