import { readFileSync } from 'node:fs';
import jsqr from 'jsqr';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { readPng } from '../png.ts';
import { shakeHands } from '../shake-hands.ts';
import { collectMessages, findingsOnEveryScreen } from './findings.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';

const browser = findBrowser();
if (browser === null) console.warn('The browser tests are skipped: Chromium is not on PATH.');
const slow = { timeout: 120_000 };
const soon = { timeout: 60_000, interval: 100 };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

let installation: Installation;
beforeAll(async () => {
  if (browser !== null) installation = await startInstallation(browser);
}, 90_000);
afterEach(() => installation?.leavePages());
afterAll(() => installation?.close());

const servers = z.object({ items: z.array(z.object({ id: z.string(), status: z.string() })) });
const link = z.object({ id: z.string(), url: z.url() });

async function runs(customer: string): Promise<string> {
  return vi.waitFor(async () => {
    const { items } = servers.parse(await installation.ask(`/v1/servers?customer=${encodeURIComponent(customer)}`));
    expect(items).toMatchObject([{ status: 'running' }]);
    return items[0]?.id ?? '';
  }, soon);
}

async function linkTo(serverId: string, may: readonly string[]) {
  return link.parse(await installation.send(`/v1/servers/${serverId}/link`, { may }));
}

const all = ['view', 'vpn', 'rebuild', 'schedule', 'billing'];

async function downloaded(page: Page, device: string): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: `Download the config of ${device}` }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^gf-[a-z0-9-]{12}\.conf$/);
  return readFileSync(await download.path(), 'utf8');
}

async function scanned(page: Page): Promise<string> {
  const source = (await page.getByRole('img', { name: /^QR code with/ }).getAttribute('src')) ?? '';
  const { data, width, height } = readPng(Buffer.from(source.split(',')[1] ?? '', 'base64'));
  return jsqr.default(data, width, height)?.data ?? '';
}

const lineOf = (config: string, name: string) => new RegExp(`^${name} = (.+)$`, 'm').exec(config)?.[1] ?? '';

/** Makes a real handshake with the keys of the config, at the port where the simulated cloud answers for all machines. */
async function connects(config: string): Promise<boolean> {
  const { verified } = await shakeHands({
    host: '127.0.0.1',
    port: Number(new URL(installation.world.simulatorUrl).port),
    serverPublicKey: lineOf(config, 'PublicKey'),
    privateKey: lineOf(config, 'PrivateKey'),
    presharedKey: lineOf(config, 'PresharedKey'),
  });
  return verified;
}

async function machineAt(config: string): Promise<string[]> {
  const [host] = lineOf(config, 'Endpoint').split(':');
  return (await installation.world.machines()).filter(({ ipv4 }) => ipv4 === host).map(({ label }) => label);
}

async function buyInShop(page: Page, email: string): Promise<void> {
  await page.goto(new URL('/stripe/shop', installation.world.simulatorUrl).href);
  await page.getByLabel('Place').selectOption('ams');
  await page.getByLabel('Your e-mail address').fill(email);
  await page.getByRole('button', { name: 'Buy' }).click();
  await page.getByRole('button', { name: 'Pay', exact: true }).click();
  await page.getByRole('heading', { name: 'GhostiFi shop' }).waitFor();
}

describe.skipIf(browser === null)('a customer with a link, on a phone', () => {
  it('buys, gets configs by file and by code, rebuilds elsewhere, reconnects, and reaches Stripe', slow, async () => {
    const page = await installation.openPage(phone);
    await buyInShop(page, 'ada@example.com');
    const serverId = await runs('ada@example.com');
    const messages = collectMessages(page);
    const { url } = await linkTo(serverId, all);
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
    await page.getByText('Amsterdam, Netherlands').first().waitFor();
    for (const summary of await page.locator('summary').all()) await summary.click();
    expect(await findingsOnEveryScreen(page)).toEqual([]);

    const before = await downloaded(page, 'Device 1');
    expect(await connects(before)).toBe(true);
    await page.getByLabel('Name of device 2').fill('Ada’s laptop');
    await page.getByRole('button', { name: 'Save' }).nth(1).click();
    await page.getByText('The name is saved.').waitFor();
    await page.getByRole('button', { name: 'Show the QR code of Ada’s laptop' }).click();
    const laptop = await scanned(page);
    expect(await findingsOnEveryScreen(page)).toEqual([]);
    expect(await connects(laptop)).toBe(true);
    expect(lineOf(laptop, 'PrivateKey')).not.toBe(lineOf(before, 'PrivateKey'));
    await page.getByRole('link', { name: 'Back' }).click();

    await page.getByText('Rebuild the server', { exact: true }).click();
    await page.locator('#rebuild').getByLabel('Place').selectOption('nrt');
    await page.getByRole('button', { name: 'Rebuild now' }).click();
    await page.getByRole('heading', { name: 'Your server is being rebuilt' }).waitFor();
    expect(await findingsOnEveryScreen(page)).toEqual([]);
    const loads: string[] = [];
    page.on('domcontentloaded', () => loads.push(page.url()));
    await page.getByText('It has a new address, so get the new config below').waitFor({ timeout: 60_000 });
    await page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
    await page.getByText('Tokyo, Japan').first().waitFor();
    expect(loads).toEqual([]);
    const after = await downloaded(page, 'Device 1');
    expect([await connects(after), await connects(laptop)]).toEqual([true, true]);
    expect(after.replace(/Endpoint.*/, '')).toBe(before.replace(/Endpoint.*/, ''));
    expect(await machineAt(after)).toEqual([`gf-${serverId}-2`]);

    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      page.getByRole('button', { name: 'Open Stripe' }).click(),
    ]);
    await tab.getByText('active. Nothing is open.').waitFor();
    await tab.getByRole('link', { name: 'Back' }).click();
    await tab.getByRole('heading', { name: 'You are back' }).waitFor();
    expect(messages).toEqual([]);
  });

  it('does the same without JavaScript, while the page loads itself again', slow, async () => {
    await installation.world.buy('without-scripts');
    const { url } = await linkTo(await runs('without-scripts'), all);
    const page = await installation.openPage({ ...phone, javaScriptEnabled: false });
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
    expect(await connects(await downloaded(page, 'Device 1'))).toBe(true);
    await page.getByRole('button', { name: 'Show the QR code of Device 5' }).click();
    expect(await connects(await scanned(page))).toBe(true);
    await page.getByRole('link', { name: 'Back' }).click();

    await page.getByText('Rebuild it regularly').click();
    await page.getByLabel('How often').selectOption('month');
    await page.getByLabel('Time', { exact: true }).fill('03:45');
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    await page.locator('#schedule').getByRole('button', { name: 'Save' }).click();
    await page.getByText('every month on day 1 at 03:45 (Europe/Berlin)').waitFor();

    await page.getByText('Rebuild the server', { exact: true }).click();
    await page.getByRole('button', { name: 'Rebuild now' }).click();
    await page.getByRole('heading', { name: 'Your server is being rebuilt' }).waitFor();
    await page.getByText('It has a new address, so get the new config below').waitFor({ timeout: 60_000 });
    expect(await connects(await downloaded(page, 'Device 1'))).toBe(true);
  });

  it('whose link was revoked reads what to do', slow, async () => {
    await installation.world.buy('revoked');
    const serverId = await runs('revoked');
    const { id, url } = await linkTo(serverId, ['view']);
    const page = await installation.openPage(phone);
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    const removed = await fetch(`${installation.url}/v1/servers/${serverId}/links/${id}`, {
      method: 'DELETE',
      headers: installation.asOperator,
    });
    expect(removed.status).toBe(204);
    await page.reload();
    await page.getByText('Ask the shop where you bought your server for a new one.').waitFor();
    expect(await findingsOnEveryScreen(page)).toEqual([]);
  });
});
