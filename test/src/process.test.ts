import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { answerWithin } from '#queues/within.ts';
import { errorText } from '#src/process.ts';

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

test('a full disk is named in one line, and any other error is shown in full', () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, open 'data/api-tokens'"), { code: 'ENOSPC' });
  expect(errorText(full)).toBe(
    "A disk is full (ENOSPC: no space left on device, open 'data/api-tokens'). Free some space on it, then start again.",
  );
  expect(errorText(new Error('odd'))).toMatch(/^Error: odd\n +at /);
});
