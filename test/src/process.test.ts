import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { answerWithin } from '#queues/within.ts';

const entry = fileURLToPath(new URL('ending-process.ts', import.meta.url));

test('a process whose output has lost its reader still ends after SIGTERM', async () => {
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  await once(child.stdout, 'close');
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await answerWithin(15_000, exited)).toEqual([0, null]);
});
