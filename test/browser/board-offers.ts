import type { Page } from 'playwright-core';

/** The actions that Bull Board offers to a person. */
export interface Offers {
  /** In the menu of the queue. */
  readonly menu: readonly string[];
  /** Above the list of failed jobs. */
  readonly list: readonly string[];
  /** The number of buttons of a failed job, and of those in the panel about the queue that set something. */
  readonly job: number;
  readonly info: number;
}

const texts = async (page: Page, selector: string): Promise<string[]> =>
  (await page.locator(`${selector} >> visible=true`).allTextContents()).map((text) => text.trim());

/** Looks at every place of Bull Board that has actions, as the person who is signed in. */
export async function offeredBy(page: Page, queuePage: string, failedJob: string): Promise<Offers> {
  await page.goto(`${queuePage}?status=failed`);
  await page.getByText(failedJob).first().waitFor();
  const list = await texts(page, '[class*="queueActions-"] button');
  const menu = await texts(page, 'section button:has(svg.lucide-ellipsis-vertical)');
  if (menu.length > 0) await page.locator('section button:has(svg.lucide-ellipsis-vertical)').click();
  const items = menu.length > 0 ? await itemsOfMenu(page) : [];
  await page.goto(`${queuePage}/${failedJob}?status=failed`);
  await page.getByText('Invalid request.').first().waitFor();
  const job = (await texts(page, '[class*="jobActions-"] button')).length;
  await page.getByRole('button', { name: 'Queue info' }).click();
  await page.getByRole('dialog').getByText('Global concurrency').waitFor();
  const info = (await texts(page, '[role="dialog"] dl button')).length;
  return { menu: items, list, job, info };
}

async function itemsOfMenu(page: Page): Promise<string[]> {
  await page.getByRole('menuitem', { name: 'Pause' }).waitFor();
  return texts(page, '[role="menuitem"]');
}
