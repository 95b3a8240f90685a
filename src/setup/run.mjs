// @ts-check
import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Set-up failed; the message says what to do. */
export class SetUpError extends Error {}

/**
 * Runs a program to its end and returns its output. `isMissing` is true if there is no such program.
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutMs?: number }} [options]
 * @returns {{ isOk: boolean, isMissing: boolean, output: string }}
 */
export function run(file, args, { cwd, env = {}, timeoutMs } = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const code = error && 'code' in error ? error.code : null;
  return { isOk: status === 0, isMissing: code === 'ENOENT', output: `${stdout ?? ''}${stderr ?? ''}`.trim() };
}

/**
 * The path of a program in PATH, or null.
 * @param {string} name
 * @param {string} [path]
 * @returns {string | null}
 */
export function which(name, path = process.env.PATH ?? '') {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
