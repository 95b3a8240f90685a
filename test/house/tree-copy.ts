import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const copied = ['src', 'queues', 'db', 'package.json', 'tsconfig.json'];

/** Copies the program without its tests into a folder that is removed after the test, and returns the folder. */
export function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ghostifi-tree-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/**
 * Replaces the first match in a file of the copy. Throws if there is none, so that no test passes on an unchanged file.
 */
export function editFile(file: string, pattern: RegExp | string, replacement: string): void {
  const before = readFileSync(file, 'utf8');
  const after = before.replace(pattern, replacement);
  if (after === before) throw new Error(`${file} has nothing that matches ${pattern}.`);
  writeFileSync(file, after);
}

/** The errors that `tsc --noEmit` finds in a copy, each beginning with the path of its file; a second run is faster. */
export async function typeErrors(folder: string): Promise<readonly string[]> {
  const quick = ['--incremental', '--tsBuildInfoFile', join(folder, 'tsc.json')];
  const { status, output } = await run(folder, [join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', ...quick]);
  const errors = output.split(/^(?=\S+\(\d+,\d+\): error )/m).filter((text) => /^\S+\(\d+,\d+\): error /.test(text));
  if ((status === 0) !== (errors.length === 0)) throw new Error(`tsc ended with ${status}: ${output}`);
  return errors;
}

/** Runs a TypeScript file of the copy and returns the JSON that it prints; rejects with its output if it fails. */
export async function runFile(folder: string, file: string): Promise<unknown> {
  const { status, output } = await run(folder, [file]);
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${output}`);
  return JSON.parse(output);
}

function run(cwd: string, args: readonly string[]): Promise<{ status: unknown; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, output: error === null ? stdout : `${stdout}${stderr}` });
    });
  });
}
