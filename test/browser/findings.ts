import type { Page } from 'playwright-core';
import { axeFaults, screens } from './look.ts';

/** What keeps people from using the page as it is shown now: serious findings of axe, and a scroll to the side. */
async function findingsOn(page: Page): Promise<string[]> {
  const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  return [...(await axeFaults(page)), ...(Number(wider) > 0 ? [`scrolls ${wider} px to the side`] : [])];
}

/** The same on each screen. Leaves the page on a phone in light. */
export async function findingsOnEveryScreen(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const { width, scheme } of screens) {
    await page.setViewportSize({ width, height: 844 });
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    found.push(...(await findingsOn(page)).map((one) => `${width} px, ${scheme}: ${one}`));
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
  return found;
}

/** Everything that the page writes to its console, and its errors, from now on. */
export function collectMessages(page: Page): string[] {
  const messages: string[] = [];
  page.on('console', (message) => messages.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => messages.push(error.message));
  return messages;
}
