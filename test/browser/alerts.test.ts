import SqliteConnection from 'better-sqlite3';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { setting } from '#db/settings.ts';
import { ownerTags } from '#src/cloud/owner-tags.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';
import { axeFaults, savePicture } from './look.ts';

const browser = findBrowser();
const soon = { timeout: 120_000, interval: 200 };
const slow = { timeout: 240_000 };

describe.skipIf(browser === null)('from an alert to the mended server', () => {
  let installation: Installation;
  let page: Page;
  let clicks = 0;

  beforeAll(async () => {
    installation = await startInstallation(browser ?? '');
    page = await installation.signIn('operator');
  }, 120_000);
  afterAll(() => installation?.close());

  const click = async (role: 'link' | 'button', name: string | RegExp) => {
    clicks += 1;
    await page.getByRole(role, { name }).click();
  };

  /** Opens the overview once it has an alert of this kind, and counts clicks from then on. */
  const openAlert = async (kind: string) => {
    await vi.waitFor(async () => {
      const { items } = (await installation.ask('/v1/alerts')) as { items: { kind: string }[] };
      expect(items.map((one) => one.kind)).toContain(kind);
    }, soon);
    await page.goto(`${installation.url}/console`);
    await page.getByRole('heading', { name: kind }).waitFor();
    await savePicture(page, `alerts/${kind}.png`);
    expect(await axeFaults(page)).toEqual([]);
    clicks = 0;
  };

  const untilRunning = async () => {
    await page.locator('.facts .badge').getByText('running', { exact: true }).waitFor({ timeout: 60_000 });
  };

  /** A subscription of two servers, paid at the simulated Stripe. */
  const payForTwo = async () => {
    const { simulatorUrl, stripe } = installation.world;
    const shop = new URL('/stripe/shop', simulatorUrl).href;
    const order = {
      mode: 'subscription',
      success_url: shop,
      'line_items[0][price]': 'price_vc21c1gb',
      'line_items[0][quantity]': '2',
      'subscription_data[metadata][ghostifi_customer]': 'two@example.com',
      'subscription_data[metadata][ghostifi_location]': 'fra',
    };
    const answer = await fetch(`${stripe.STRIPE_API_URL}/v1/checkout/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stripe.STRIPE_API_KEY}` },
      body: new URLSearchParams(order),
    });
    const { url } = (await answer.json()) as { url: string };
    await fetch(url, { method: 'POST', body: new URLSearchParams({ how: 'paid' }), redirect: 'manual' });
  };

  test('a held payment gets its server in three clicks', slow, async () => {
    await payForTwo();
    await openAlert('payment-held');
    await click('link', 'Choose plan and location…');
    await click('button', 'Release with this plan');
    await page.getByText('Its server is ordered in a few seconds.').waitFor();
    // The page looks again by itself.
    await click('link', /^srv-/);
    await untilRunning();
    expect(clicks).toBeLessThanOrEqual(3);
  });

  test('a server whose plan is not sold any more has another one after two clicks', slow, async () => {
    const { world } = installation;
    const { server, job } = await world.buy();
    await vi.waitFor(async () => expect((await world.store.readJob(job.id))?.state).toBe('succeeded'), soon);
    const connection = new SqliteConnection(world.databaseFile);
    connection.prepare("UPDATE servers SET plan = 'vc2-old' WHERE id = ?").run(server.id);
    connection.close();
    const withdrawn = [{ plan: 'vc2-old', machines: 1, since: new Date().toISOString() }];
    const isAny = (value: unknown): value is object => typeof value === 'object';
    await world.store.putSetting(setting('withdrawn plans', isAny), withdrawn, new Date());
    await openAlert('plan-withdrawn');
    await click('link', `Rebuild ${server.id} with another plan…`);
    await page.getByText('Makes a machine vc2-1c-1gb').waitFor();
    await click('button', 'Rebuild now');
    await untilRunning();
    expect(clicks).toBeLessThanOrEqual(3);
    expect((await world.store.readServer(server.id))?.server).toMatchObject({ plan: 'vc2-1c-1gb', generation: 2 });
  });

  test('a machine that nobody knows is gone after two clicks and its name', slow, async () => {
    const { world } = installation;
    const tags = ownerTags({ installation: 'test', serverId: 'srv-lost' });
    const order = { region: 'ewr', plan: 'vc2-1c-1gb', os_id: 2136, label: 'gf-lost-1', tags };
    const answer = await fetch(`${world.simulatorUrl}/instances`, {
      method: 'POST',
      headers: { authorization: 'Bearer simulator', 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    expect(answer.status).toBe(202);
    await openAlert('unknown-machine');
    expect(await page.getByRole('link', { name: 'Open the server' }).count()).toBe(0);
    clicks += 1;
    await page.getByText('Remove the machine…').click();
    await page.getByLabel('Type the name of the machine').fill('gf-lost-1');
    // The overview looks again every 15 seconds, and leaves what has been typed.
    await page.waitForResponse((response) => response.url().endsWith('/console') && response.ok(), { timeout: 30_000 });
    await click('button', 'Remove for ever');
    await page.getByText('Machine gf-lost-1 is removed with the next inventory').waitFor();
    expect(clicks).toBeLessThanOrEqual(3);
    await vi.waitFor(
      async () => expect((await world.machines()).map(({ label }) => label)).not.toContain('gf-lost-1'),
      soon,
    );
  });
});
