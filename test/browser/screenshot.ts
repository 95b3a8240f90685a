import { buyRefused } from '../buy-refused.ts';
import { findBrowser, type Installation, startInstallation } from './installation.ts';

/**
 * Takes the README's screenshot of Bull Board with real jobs. Usage: `node test/browser/screenshot.ts
 * docs/bull-board.png`.
 */
async function main(file: string): Promise<void> {
  const browser = findBrowser();
  if (browser === null) throw new Error('Chromium is not on PATH. Install it: apt-get install chromium');
  const installation = await startInstallation(browser);
  try {
    await takeScreenshot(installation, file);
  } finally {
    await installation.close();
  }
}

async function takeScreenshot({ world, url, signIn }: Installation, file: string): Promise<void> {
  const page = await signIn('operator', { width: 1280, height: 960 });
  const tab = (state: string, count: number) => page.getByRole('link', { name: `${state} ${count}` }).waitFor();
  const settings = { state: { pollingInterval: 1, defaultJobTab: 'Logs' }, version: 0 };
  await page.evaluate((text) => localStorage.setItem('board-settings', text), JSON.stringify(settings));
  await page.goto(`${url}/admin/queues/queue/servers`);

  const [moving, leaving] = [await world.buy(), await world.buy()];
  for (let more = 0; more < 5; more++) await world.buy();
  await tab('Completed', 7);
  await buyRefused(world);
  await tab('Failed', 1);

  await world.fault({ kind: 'boot', ms: null, times: null });
  await world.fault({ kind: 'locked', times: null });
  await world.destroy(leaving.server.id);
  await world.rebuild(moving.server.id, 'nrt');
  await world.buy();
  await tab('Active', 3);
  await page.getByRole('progressbar').getByText('41%').nth(1).waitFor();
  await page.screenshot({ path: file });
}

await main(process.argv[2] ?? 'docs/bull-board.png');
