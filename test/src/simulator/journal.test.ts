import { type FileHandle, mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Journal } from '#src/simulator/journal.ts';

async function journalOf(grownBy?: number) {
  const folder = await mkdtemp(path.join(tmpdir(), 'simulator-'));
  const file = path.join(folder, 'journal');
  const journal = new Journal(file, grownBy);
  onTestFinished(async () => {
    await journal.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { file, journal };
}

/** Stands in for the methods of all file handles until the end of the test. */
async function spyOnHandles(file: string, method: 'datasync' | 'sync' | 'appendFile') {
  const handle = await open(file, 'r');
  const methods: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  const spy = vi.spyOn(methods, method);
  onTestFinished(() => spy.mockRestore());
  return spy;
}

it('is written anew past its bound, so that it does not grow with the changes', async () => {
  const { file, journal } = await journalOf(1000);
  const whole = vi.fn(() => ['state\n']);
  await journal.append(null, whole);
  for (let line = 0; line < 1000; line++) await journal.append(`${line} of many\n`, whole);
  expect((await stat(file)).size).toBeLessThan(1100);
  expect(whole.mock.calls.length).toBeGreaterThan(5);
  expect(whole.mock.calls.length).toBeLessThan(20);
});

it('writes a large state in parts, and the lines that arrive meanwhile after it', async () => {
  const { file, journal } = await journalOf();
  const state = Array.from({ length: 1000 }, (_, line) => `${line} ${'x'.repeat(1000)}\n`);
  const replaced = journal.append(null, () => state);
  await Promise.resolve();
  await Promise.all([replaced, journal.append('later\n', () => [])]);
  expect(await readFile(file, 'utf8')).toBe(`${state.join('')}later\n`);
});

it('tells nobody that a line is durable before it is synced', async () => {
  const { file, journal } = await journalOf();
  await journal.append(null, () => []);
  const synced = Promise.withResolvers<undefined>();
  const spy = await spyOnHandles(file, 'datasync');
  spy.mockReturnValueOnce(synced.promise);
  const told = vi.fn();
  const appended = journal.append('line\n', () => []).then(told);
  await vi.waitFor(() => expect(spy).toHaveBeenCalledOnce());
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).not.toHaveBeenCalled();
  synced.resolve(undefined);
  await appended;
});

it.each(['appendFile', 'datasync'] as const)('is written anew after a failed %s', async (method) => {
  const { file, journal } = await journalOf();
  await journal.append(null, () => ['state 1\n']);
  const spy = await spyOnHandles(file, method);
  spy.mockRejectedValueOnce(new Error('ENOSPC'));
  await expect(journal.append('lost\n', () => [])).rejects.toThrow('ENOSPC');
  await journal.append('kept\n', () => ['state 2\n']);
  expect(await readFile(file, 'utf8')).toBe('state 2\n');
});
