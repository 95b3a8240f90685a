import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { mayUse } from '#src/keys/caller.ts';
import { presets } from '#src/keys/presets.ts';
import { pages } from '#src/pages/pages.ts';
import { buyRefused } from '../buy-refused.ts';
import { statementOfADay } from '../statement-of-a-day.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';
import { axeFaults, look, savePicture, screens } from './look.ts';

const browser = findBrowser();
const soon = { timeout: 60_000, interval: 100 };
const roles = ['viewer', 'operator'] as const;

/** A customer pays at the simulated Stripe. Resolves with the subscription once it is known here. */
async function subscribe({ world, send, ask }: Installation): Promise<string> {
  const page = new URL('/stripe/shop', world.simulatorUrl).href;
  const order = { customer: 'ann@example.com', plan: 'vc2-1c-1gb', location: 'fra', successUrl: page, cancelUrl: page };
  const { url } = (await send('/v1/checkouts', order)) as { url: string };
  await fetch(url, { method: 'POST', body: new URLSearchParams({ how: 'paid' }), redirect: 'manual' });
  return vi.waitFor(async () => {
    const { items } = (await ask('/v1/subscriptions?standing=good')) as { items: { id: string }[] };
    expect(items).toHaveLength(1);
    return items[0]?.id ?? '';
  }, soon);
}

describe.skipIf(browser === null)('the console in a browser', () => {
  let installation: Installation;
  let serverId: string;
  let jobId: string;
  let subscriptionId: string;
  let eventId: string;
  let webhookId: string;

  beforeAll(async () => {
    installation = await startInstallation(browser ?? '');
    const { world, send } = installation;
    const { server, job } = await world.buy();
    const stateOf = async (id: string) => (await world.store.readJob(id))?.state;
    await vi.waitFor(async () => expect(await stateOf(job.id)).toBe('succeeded'), soon);
    serverId = server.id;
    jobId = job.id;
    const refused = await buyRefused(world);
    await vi.waitFor(async () => expect(await stateOf(refused.job.id)).toBe('failed'), soon);
    subscriptionId = await subscribe(installation);
    await world.store.recordStatement({ statement: statementOfADay, digest: 'd1', now: new Date() });
    const { events } = await world.store.readEvents({ serverId, limit: 1 });
    eventId = events[0]?.uid ?? '';
    const added = (await send('/v1/webhooks', { url: 'https://8.8.8.8/hook' })) as { webhook: { id: string } };
    webhookId = added.webhook.id;
    await send('/v1/sale', { open: false, reason: 'The stock of fra is used up' });
  }, 120_000);
  afterEach(() => installation?.leavePages());
  afterAll(() => installation?.close());

  /** A path for each page; one with a part of its own needs an example here. */
  const pathOf = (path: string): string => {
    const examples: Readonly<Record<string, string>> = {
      '/console/servers/:id': serverId,
      '/console/servers/:id/rebuild': serverId,
      '/console/servers/:id/suspend': serverId,
      '/console/servers/:id/resume': serverId,
      '/console/servers/:id/destroy': serverId,
      '/console/jobs/:id': jobId,
      '/console/jobs/:id/log': jobId,
      '/console/webhooks/:id': webhookId,
      '/console/subscriptions/:id': subscriptionId,
      '/console/events/:id': eventId,
      '/console/statements/:day': statementOfADay.day,
    };
    const filled = path.replace(/:\w+/, (name) => examples[path] ?? name);
    if (filled.includes(':')) throw new Error(`${path} needs an example in this test.`);
    return filled;
  };

  test.each(roles)('a %s sees every page, light and dark, narrow and wide', { timeout: 600_000 }, async (role) => {
    const page = await installation.signIn(role);
    const faults: string[] = [];
    const open = pages.filter(({ scope }) => scope === undefined || mayUse({ scopes: presets[role] }, scope));
    for (const path of ['/', ...open.map(({ path }) => pathOf(path))]) {
      const picture = `${role}${path.replace(serverId, 'server').replace(jobId, 'job').replaceAll('/', '-')}`;
      faults.push(...(await look(page, { url: installation.url, path, screens, picture })));
    }
    expect(faults).toEqual([]);
  });

  test('the abuse question is answered in one search', { timeout: 60_000 }, async () => {
    const page = await installation.signIn('viewer');
    const server = await installation.world.store.readServer(serverId);
    await page.goto(`${installation.url}/console`);
    await page.getByRole('searchbox').fill(server?.machine?.ipv4 ?? '');
    await page.getByRole('searchbox').press('Enter');
    await page.getByRole('link', { name: server?.server.customer ?? '' }).waitFor();
    expect(await page.getByRole('link', { name: serverId }).count()).toBe(1);
  });

  test('an alert is one click away from its mended server, which the page follows', { timeout: 120_000 }, async () => {
    const page = await installation.signIn('operator');
    await page.goto(`${installation.url}/console`);
    await page.getByRole('button', { name: 'Retry the job' }).click();
    await page.getByText('The retry is recorded as job').waitFor();
    // The page loads itself again when the job has ended.
    const status = page.locator('.facts .badge');
    await status.getByText('running', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await status.allTextContents()).toEqual(['running']);
  });

  test('a link for the customer is made, shown once, copied, and opens the page', { timeout: 120_000 }, async () => {
    const page = await installation.signIn('operator');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${installation.url}/console/servers/${serverId}`);
    await page.getByText('Make a link…').click();
    await page.getByLabel('get the VPN').check();
    expect(await axeFaults(page)).toEqual([]);
    await savePicture(page, 'operator-console-servers-link.png');
    await page.getByRole('button', { name: 'Make the link' }).click();
    await page.getByText('It is shown only now:').waitFor();
    await page.setViewportSize({ width: 390, height: 900 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.locator('.flash .copy').click();
    const url = String(await page.evaluate('navigator.clipboard.readText()'));
    expect(url).toMatch(/\/s\/[\w-]{43}$/);
    await page.reload();
    expect(await page.locator('.flash').count()).toBe(0);
    const customer = await installation.openPage();
    expect((await customer.goto(url))?.status()).toBe(200);
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('The link is revoked').waitFor();
    expect((await customer.reload())?.status()).toBe(404);
  });

  test('a suspension says what it will do, and can be undone', { timeout: 120_000 }, async () => {
    const page = await installation.signIn('operator');
    await page.goto(`${installation.url}/console/servers/${serverId}`);
    await page.getByRole('link', { name: 'Suspend…' }).click();
    await page.getByRole('heading', { name: 'What will happen' }).waitFor();
    await page.getByLabel('Reason, without personal data').fill('a test');
    await page.getByRole('button', { name: 'Suspend now' }).click();
    const status = page.locator('.facts .badge');
    await status.getByText('suspended', { exact: true }).waitFor({ timeout: 60_000 });
    await page.getByRole('link', { name: 'Resume…' }).click();
    await page.getByText('It was suspended because of: a test.').waitFor();
    await page.getByRole('button', { name: 'Resume now' }).click();
    await status.getByText('running', { exact: true }).waitFor({ timeout: 60_000 });
    expect(await status.allTextContents()).toEqual(['running']);
  });

  test('the month of statements is drawn, with a table of the same numbers', { timeout: 60_000 }, async () => {
    const page = await installation.signIn('viewer');
    // The worker may have written a statement of yesterday, without any amount.
    const path = `/console/statements?month=${statementOfADay.day.slice(0, 7)}`;
    expect(await look(page, { url: installation.url, path, screens, picture: 'statements' })).toEqual([]);
    const chart = page.locator('[data-days] canvas');
    await chart.waitFor();
    const drawing = () => page.evaluate('document.querySelector("[data-days] canvas").toDataURL()');
    const dark = await drawing();
    await page.emulateMedia({ colorScheme: 'light' });
    await vi.waitFor(async () => expect(await drawing()).not.toBe(dark), { timeout: 5_000 });
    expect(await page.getByRole('table', { name: 'Statements', exact: true }).count()).toBe(1);
  });
});
