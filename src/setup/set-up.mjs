// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { node24Step } from './node24.mjs';
import { packagesStep } from './packages.mjs';
import { redisStep } from './redis.mjs';
import { SetUpError } from './run.mjs';

/**
 * One thing that a clone needs. `run` is called only if `isDone` returns false; it throws SetUpError with what to do.
 * @typedef {{ isDone: () => boolean, run: () => void }} Step
 */

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the steps that are not done, and prints a line for each action. A failure sets the exit code to 1. */
export function setUp() {
  const steps = [packagesStep(root), node24Step(root), redisStep(root, process.env)];
  try {
    if (!steps.every((step) => step.isDone())) withLock(join(root, '.cache'), () => runMissing(steps));
  } catch (error) {
    console.error(errorText(error));
    process.exitCode = 1;
  }
}

/** @param {Step[]} steps */
function runMissing(steps) {
  for (const step of steps) {
    if (!step.isDone()) step.run();
  }
}

/** @param {unknown} error */
function errorText(error) {
  if (error instanceof SetUpError) return error.message;
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(code ?? '')) throw error;
  return `Set-up cannot write here (${message}). Make ${root} writable for you, or free space on its disk.`;
}
