import { styleText } from 'node:util';

/** Tells what is being proved, step by step, with the time that each took. */
export async function step(what: string, prove: () => Promise<string>): Promise<void> {
  const startedAt = performance.now();
  try {
    const figures = await prove();
    print(`${styleText('green', '✓')} ${what}: ${figures} (${secondsSince(startedAt)} s)`);
  } catch (error) {
    print(`${styleText('red', '✗')} ${what} (after ${secondsSince(startedAt)} s)`);
    throw error;
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
