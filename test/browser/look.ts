import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Where the pictures of the pages are; Git ignores it. */
const folder = '.vitest/pages';

/** How people see a page: on a phone and on a wide screen, in light and dark; and on the narrowest screen. */
export const screens = [
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
  { width: 1440, scheme: 'light' },
  { width: 1440, scheme: 'dark' },
  { width: 320, scheme: 'light' },
] as const;

export interface Look {
  readonly url: string;
  readonly path: string;
  readonly screen: { readonly width: number; readonly scheme: 'light' | 'dark' };
  /** The name of its picture. */
  readonly picture: string;
}

/** Opens the page as a person would see it, takes its picture, and returns everything that is wrong with it. */
export async function look(page: Page, { url, path, screen, picture }: Look): Promise<string[]> {
  const { width, scheme } = screen;
  const faults: string[] = [];
  const onConsole = (message: { type(): string; text(): string }) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  };
  const onError = (error: Error) => faults.push(`error: ${error.message}`);
  page.on('console', onConsole);
  page.on('pageerror', onError);
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  const answer = await page.goto(`${url}${path}`);
  if (answer?.status() !== 200) faults.push(`status ${answer?.status()}`);
  const wider = Number(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  );
  if (wider > 0) faults.push(`scrolls ${wider} px to the side`);
  faults.push(...(await axeFaults(page)));
  await savePicture(page, `${picture}-${width}-${scheme}.png`);
  page.off('console', onConsole);
  page.off('pageerror', onError);
  return faults.map((fault) => `${path} at ${width} px, ${scheme}: ${fault}`);
}

interface AxeResult {
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

/** The serious and critical findings of axe. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run(document)')) as AxeResult;
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .map(({ id, nodes }) => `axe ${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`);
}

/** Takes a picture of the page as it is. */
export async function savePicture(page: Page, name: string): Promise<void> {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file, fullPage: true });
}
