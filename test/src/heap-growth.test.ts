import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const program = fileURLToPath(new URL('old-objects.ts', import.meta.url));

async function largestHeap(how: 'bounded' | 'unbounded'): Promise<number> {
  const { stdout } = await run(process.execPath, [program, how]);
  return Number(stdout);
}

test('a heap of objects that live for a while stays smaller', async () => {
  const [bounded, unbounded] = [await largestHeap('bounded'), await largestHeap('unbounded')];
  expect(bounded).toBeGreaterThan(0);
  expect(bounded / unbounded).toBeLessThan(0.8);
});

test.each(['src/process.ts', 'test/bench/engine.ts'])('%s sets it before anything else', (file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(text).toMatch(/Promise<void> \{\n {2}boundHeapGrowth\(\);\n/);
});
