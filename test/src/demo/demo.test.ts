import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { compileCache } from '#src/start/child.ts';
import { childrenOf, stillRunning } from '../start/process-tree.ts';

const entry = fileURLToPath(new URL('../../../src/demo.ts', import.meta.url));
const slow = { timeout: 120_000 };
const longWait = { timeout: 60_000, interval: 50 };

/** `npm run demo` as a process without a terminal, with its own folder for temporary files. */
function runDemo(env: Record<string, string> = {}) {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'ghostifi-demo-test-'));
  const child = spawn(process.execPath, [entry], {
    env: { PATH: process.env.PATH, TMPDIR, ...compileCache, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.err += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => rmSync(TMPDIR, { recursive: true, force: true }), longWait);
  });
  const parts = () => childrenOf(child.pid ?? 0);
  const untilOutput = (text: string) => vi.waitFor(() => expect(output.out, output.err).toContain(text), longWait);
  return { child, output, ended, parts, untilOutput, leftOver: () => readdirSync(TMPDIR) };
}

it('runs the whole story within 90 s, prints a line for each change, and leaves nothing behind', slow, async () => {
  // The demo ignores the shell's settings and uses its simulated cloud.
  const { output, ended: exited, leftOver } = runDemo({ CLOUD: 'vultr', REDIS_URL: 'redis://nowhere:1', PORT: '1' });
  const startedAt = performance.now();
  expect([await exited, output.err]).toEqual([0, '']);
  expect(performance.now() - startedAt).toBeLessThan(90_000);
  const plain = output.out.replace(/[█░…–]/g, '');
  expect(plain).toMatch(/^[\n\x20-\x7e]*$/);
  const ended = (kinds: string) => new RegExp(`^ +\\d+\\.\\d s {2}(${kinds}) +\\w+ +100 % {2}succeeded$`, 'gm');
  expect(output.out.match(ended('create'))).toHaveLength(7);
  expect(output.out.match(ended('rebuild|destroy|retire'))).toHaveLength(7);
  expect(output.out.match(/^ +\d+\.\d s {2}(suspend|resume) +hedy +100 % {2}succeeded$/gm)).toHaveLength(3);
  expect(output.out.match(/^ {2}srv-\S+ +\w+ +running +\w{3} +198\.18\.\S+ +[\d.]+( \+ [\d.]+)?$/gm)).toHaveLength(4);
  expect(output.out.match(/^ {2}srv-\S+ +\w+ +destroyed +\w{3} +– +[\d.]+ \+ [\d.]+$/gm)).toHaveLength(2);
  expect(output.out.match(/^ {2}srv-\S+ +hedy@example\.com +destroyed +fra +– +[\d.]+( \+ [\d.]+){4}$/gm)).toHaveLength(
    1,
  );
  expect(output.out).toContain('7 servers were bought: 4 run, 3 are destroyed. 17 of 17 jobs succeeded.');
  expect(output.out).toContain('The cloud has 4 machines: one for each running server, and no other.');
  expect(leftOver()).toEqual([]);
});

it('stops everything at Ctrl-C and reports that the story is not over', slow, async () => {
  const { child, output, ended, parts, untilOutput, leftOver } = runDemo();
  await untilOutput('create');
  const pids = parts().map(({ pid }) => pid);
  expect(pids).toHaveLength(4);
  child.kill('SIGINT');
  expect([await ended, output.err]).toEqual([1, 'The demo failed: Stopped before the end of the demo.\n']);
  expect(stillRunning(pids)).toEqual([]);
  expect(leftOver()).toEqual([]);
});

it('fails with one line if a process crashes, and stops the others', slow, async () => {
  const { output, ended, parts, untilOutput, leftOver } = runDemo();
  await untilOutput('create');
  const pids = parts().map(({ pid }) => pid);
  process.kill(parts().find(({ command }) => command.includes('worker.ts'))?.pid ?? 0, 'SIGKILL');
  expect(await ended).toBe(1);
  expect(output.err).toMatch(/^The demo failed: The worker process ended unexpectedly \(SIGKILL\)\. [^\n]+\n$/);
  expect(stillRunning(pids)).toEqual([]);
  expect(leftOver()).toEqual([]);
});
