import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { findBrowser, type Installation, startInstallation } from './installation.ts';

const browser = findBrowser();
if (browser === null) console.warn('The browser tests are skipped: Chromium is not on PATH.');
const slow = { timeout: 90_000 };
const soon = { timeout: 60_000, interval: 100 };
const email = 'hedy@example.com';

let installation: Installation;
beforeAll(async () => {
  if (browser !== null) installation = await startInstallation(browser);
}, 90_000);
afterEach(() => installation?.leavePages());
afterAll(() => installation?.close());

const servers = z.object({
  items: z.array(z.object({ id: z.string(), status: z.string(), location: z.string(), customer: z.string() })),
});
const subscriptions = z.object({ items: z.array(z.object({ id: z.string(), standing: z.string() })) });
const portal = z.object({ url: z.url() });

async function serversOf(customer: string) {
  return servers.parse(await installation.ask(`/v1/servers?customer=${encodeURIComponent(customer)}`)).items;
}

/** Waits until the customer has exactly one server, in this status. */
async function hasOneServer(customer: string, status: string): Promise<void> {
  await vi.waitFor(async () => expect(await serversOf(customer)).toMatchObject([{ status }]), soon);
}

async function machinesOf(serverId: string): Promise<number> {
  const machines = await installation.world.machines();
  return machines.filter(({ label }) => label.startsWith(`gf-${serverId}-`)).length;
}

describe.skipIf(browser === null)('a customer in a real browser', () => {
  it('buys in the shop and gets a server, cancels in the portal, and the server is suspended', slow, async () => {
    const page = await installation.openPage();
    const messages: string[] = [];
    page.on('console', (message) => messages.push(message.text()));
    await page.goto(new URL('/', installation.world.simulatorUrl).href);
    await page.getByRole('link', { name: 'simulated shop' }).click();
    await page.getByLabel('Place').selectOption('ams');
    await page.getByLabel('Your e-mail address').fill(email);
    await page.getByRole('button', { name: 'Buy' }).click();
    await page.getByRole('heading', { name: 'Pay 9.00 USD' }).waitFor();
    expect(await serversOf(email)).toEqual([]);
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await page.getByRole('heading', { name: 'GhostiFi shop' }).waitFor();
    await hasOneServer(email, 'running');
    const [server] = await serversOf(email);
    expect(server).toMatchObject({ location: 'ams', customer: email });
    expect(await machinesOf(server?.id ?? '')).toBe(1);

    const [subscription] = subscriptions.parse(await installation.ask(`/v1/subscriptions?customer=${email}`)).items;
    expect(subscription?.standing).toBe('good');
    const opened = await installation.send(`/v1/subscriptions/${subscription?.id}/portal`, {
      returnUrl: new URL('/stripe/shop', installation.world.simulatorUrl).href,
    });
    await page.goto(portal.parse(opened).url);
    await page.getByText('active. Nothing is open.').waitFor();
    await page.getByRole('button', { name: 'Cancel now' }).click();
    await page.getByText(': canceled').waitFor();
    await hasOneServer(email, 'suspended');
    expect(await machinesOf(server?.id ?? '')).toBe(0);
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('heading', { name: 'GhostiFi shop' }).waitFor();
    expect(messages).toEqual([]);
  });

  it('gets nothing for a card that the bank declines', slow, async () => {
    const page = await installation.openPage();
    await page.goto(new URL('/stripe/shop', installation.world.simulatorUrl).href);
    await page.getByLabel('Your e-mail address').fill('eve@example.com');
    await page.getByRole('button', { name: 'Buy' }).click();
    await page.getByLabel('Card').fill('4000 0000 0000 0002');
    await page.getByRole('button', { name: 'Pay', exact: true }).click();
    await page.getByRole('heading', { name: 'Declined' }).waitFor();
    const none = await installation.ask('/v1/subscriptions?customer=eve@example.com');
    expect(subscriptions.parse(none).items).toEqual([]);
    expect(await serversOf('eve@example.com')).toEqual([]);
  });
});
