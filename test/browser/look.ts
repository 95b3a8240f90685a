import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** Where the pictures of the pages are; Git ignores it. */
const folder = '.vitest/pages';

interface Screen {
  readonly width: number;
  readonly scheme: 'light' | 'dark';
  /** The rules of axe that are checked there. */
  readonly rules: Rules;
}

/** `colors`: those that another scheme can break. */
type Rules = 'all' | 'colors' | 'none';

/** How people see a page: on a phone and on a wide screen, in light and dark; and on the narrowest screen. */
export const screens = [
  { width: 390, scheme: 'light', rules: 'all' },
  { width: 390, scheme: 'dark', rules: 'colors' },
  { width: 1440, scheme: 'light', rules: 'all' },
  { width: 1440, scheme: 'dark', rules: 'colors' },
  { width: 320, scheme: 'light', rules: 'none' },
  { width: 320, scheme: 'dark', rules: 'none' },
] as const satisfies readonly Screen[];

export interface Look {
  readonly url: string;
  readonly path: string;
  readonly screens: readonly Screen[];
  /** The beginning of the names of its pictures. */
  readonly picture: string;
  /** What a person does first, such as to open what is folded. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** Opens the page as people would see it, takes its pictures, and returns everything that is wrong with it. */
export async function look(page: Page, { url, path, screens, picture, before }: Look): Promise<string[]> {
  const faults: string[] = [];
  const onConsole = (message: { type(): string; text(): string }) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()}`);
  };
  const onError = (error: Error) => faults.push(`error: ${error.message}`);
  page.on('console', onConsole);
  page.on('pageerror', onError);
  const answer = await page.goto(`${url}${path}`);
  if (answer?.status() !== 200) faults.push(`status ${answer?.status()}`);
  await before?.(page);
  for (const screen of screens) {
    const found = await faultsOn(page, screen);
    faults.push(...found.map((fault) => `at ${screen.width} px, ${screen.scheme}: ${fault}`));
    await savePicture(page, `${picture}-${screen.width}-${screen.scheme}.png`);
  }
  page.off('console', onConsole);
  page.off('pageerror', onError);
  return faults.map((fault) => `${path} ${fault}`);
}

async function faultsOn(page: Page, { width, scheme, rules }: Screen): Promise<string[]> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
  // Charts take their new width in the next frame.
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const wider = Number(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  );
  return [...(wider > 0 ? [`scrolls ${wider} px to the side`] : []), ...(await axeFaults(page, rules))];
}

interface AxeResult {
  readonly violations: readonly { id: string; impact: string; nodes: readonly { html: string }[] }[];
}

/** The serious and critical findings of axe. */
export async function axeFaults(page: Page, rules: Rules = 'all'): Promise<string[]> {
  if (rules === 'none') return [];
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe.source);
  const options = rules === 'all' ? {} : { runOnly: ['color-contrast', 'link-in-text-block'] };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResult;
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
