// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from './installed.mjs';
import { npm } from './npm.mjs';

/**
 * node_modules as package-lock.json wants it. A stamp inside node_modules says so, which goes with the folder.
 * @param {string} root
 * @returns {import('./set-up.mjs').Step}
 */
export function packagesStep(root) {
  const stamp = join(root, 'node_modules', '.set-up');
  return {
    isDone: () => readText(stamp) === wantedStamp(root),
    run: () => {
      rmSync(stamp, { force: true });
      if (!isInstalled(root)) install(root);
      writeFileSync(stamp, wantedStamp(root));
    },
  };
}

/** @param {string} root */
function install(root) {
  console.log('Installing packages (npm ci)…');
  npm(['ci', '--include=dev', '--include=optional'], { cwd: root });
}

/**
 * The lock, and the kind of machine: a folder that a container shares with its host serves one of them only.
 * @param {string} root
 */
function wantedStamp(root) {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${process.platform}-${process.arch} ${createHash('sha256').update(lock).digest('hex')}\n`;
}

/** @param {string} file */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
