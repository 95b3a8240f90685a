import { styleText } from 'node:util';

/** Runs one step of the proof and prints its result and duration. Rethrows its error. */
export async function step(name: string, prove: () => Promise<string>): Promise<void> {
  const startedAt = performance.now();
  try {
    const figures = await prove();
    print(`${styleText('green', '✓')} ${name}: ${figures} (${secondsSince(startedAt)} s)`);
  } catch (error) {
    print(`${styleText('red', '✗')} ${name} (after ${secondsSince(startedAt)} s)`);
    throw error;
  }
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
