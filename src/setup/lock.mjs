// @ts-check
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const retryEveryMs = 100;
/** No set-up takes this long. An older lock belongs to a dead process whose id was given to another process. */
const staleAfterMs = 30 * 60_000;

/**
 * Runs `work` after waiting for any other set-up of this clone. Ignores the lock of a process that is gone.
 * @param {string} folder the folder of the lock; created if missing
 * @param {() => void} work
 */
export function withLock(folder, work) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'set-up.lock');
  take(file);
  try {
    work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function take(file) {
  let hasPrinted = false;
  while (!tryTake(file)) {
    const holder = holderOf(file);
    if (holder === null || isStale(file, holder)) {
      dropStale(file, holder);
      continue;
    }
    if (!hasPrinted) console.log(`Waiting for another set-up (process ${holder})…`);
    hasPrinted = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryEveryMs);
  }
}

/**
 * Uses a link, so that the lock never exists without its content.
 * @param {string} file
 */
function tryTake(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {number | null} null: it was released meanwhile, or set-up did not write it
 */
function holderOf(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

/**
 * @param {string} file
 * @param {number} holder
 */
function isStale(file, holder) {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
  return !isAlive(holder) || Date.now() - mtimeMs > staleAfterMs;
}

/**
 * Moves the lock away, and back if another set-up has taken it meanwhile.
 * @param {string} file
 * @param {number | null} holder
 */
function dropStale(file, holder) {
  const aside = `${file}.stale-${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (holderOf(aside) !== holder) linkSync(aside, file);
  rmSync(aside, { force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
