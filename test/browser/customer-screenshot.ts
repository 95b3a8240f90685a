import { findBrowser, startInstallation } from './installation.ts';

/** Takes the picture of the customer's page. Usage: `node test/browser/customer-screenshot.ts docs/customer-page.png`. */
async function main(file: string): Promise<void> {
  const browser = findBrowser();
  if (browser === null) throw new Error('Chromium is not on PATH. Install it: apt-get install chromium');
  const installation = await startInstallation(browser);
  try {
    const { server } = await installation.world.buy();
    await installation.send(`/v1/servers/${server.id}/devices/1`, { label: 'Phone' });
    const order = { may: ['vpn', 'rebuild', 'schedule'] };
    const { url } = (await installation.send(`/v1/servers/${server.id}/link`, order)) as { url: string };
    const page = await installation.openPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
    await page.goto(url);
    await page.getByRole('heading', { name: 'Your server is ready' }).waitFor();
    await page.getByText('Rebuild the server', { exact: true }).click();
    await page.screenshot({ path: file, fullPage: true });
  } finally {
    await installation.close();
  }
}

await main(process.argv[2] ?? 'docs/customer-page.png');
