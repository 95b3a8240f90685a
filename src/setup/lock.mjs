// @ts-check
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOOK_EVERY_MS = 100;
/** Nobody sets up for that long: then the number of a dead process was given to another one. */
const STALE_AFTER_MS = 30 * 60_000;

/**
 * Does something while no other set-up of this clone does anything, waiting for one that is at work.
 * The lock of a process that is gone counts for nothing.
 * @param {string} folder where the lock is kept; made where it is missing
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
  let isTold = false;
  while (!tryTake(file)) {
    const holder = holderOf(file);
    if (holder === null || isStale(file, holder)) {
      dropStale(file, holder);
      continue;
    }
    if (!isTold) console.log(`Waiting for another set-up (process ${holder})…`);
    isTold = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_EVERY_MS);
  }
}

/**
 * A lock appears together with its content, which only a link can do.
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
 * @returns {number | null} null: released meanwhile, or nothing that a set-up wrote
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
  return !isAlive(holder) || Date.now() - mtimeMs > STALE_AFTER_MS;
}

/**
 * Moves the lock aside, and back where it turns out that another one took it in the meantime.
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
