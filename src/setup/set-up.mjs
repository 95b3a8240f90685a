// @ts-check
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { node24Step } from './node24.mjs';
import { packagesStep } from './packages.mjs';
import { redisStep } from './redis.mjs';
import { SetUpError } from './run.mjs';

/**
 * One thing that a clone needs; `run` is called only where `isDone` says no, and throws SetUpError with what to do.
 * @typedef {{ isDone: () => boolean, run: () => void }} Step
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Does what is missing, a line for each action; where nothing is, it says nothing. A failure sets the exit code to 1. */
export function setUp() {
  const steps = [packagesStep(ROOT), node24Step(ROOT), redisStep(ROOT, process.env)];
  try {
    if (!steps.every((step) => step.isDone())) withLock(join(ROOT, '.cache'), () => mend(steps));
  } catch (error) {
    console.error(explain(error));
    process.exitCode = 1;
  }
}

/** @param {Step[]} steps */
function mend(steps) {
  for (const step of steps) {
    if (!step.isDone()) step.run();
  }
}

/** @param {unknown} error */
function explain(error) {
  if (error instanceof SetUpError) return error.message;
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(code ?? '')) throw error;
  return `Set-up cannot write here (${message}): make ${ROOT} writable for you, or free space on its disk.`;
}
