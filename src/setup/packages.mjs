// @ts-check
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from './installed.mjs';
import { npm } from './npm.mjs';
import { SetUpError } from './run.mjs';

/**
 * Installs the packages of package-lock.json. A stamp inside node_modules marks a finished install, and is deleted with
 * the folder.
 * @param {string} root
 * @returns {import('./set-up.mjs').Step}
 */
export function packagesStep(root) {
  const stamp = join(root, 'node_modules', '.set-up');
  return {
    isDone: () => readText(stamp) === wantedStamp(root),
    run: () => {
      const needed = !isInstalled(root);
      if (needed) refuseLink(join(root, 'node_modules'));
      rmSync(stamp, { force: true });
      if (needed) install(root);
      writeFileSync(stamp, wantedStamp(root));
    },
  };
}

/**
 * npm ci empties the folder behind a link, and then replaces the link. Other checkouts may use that folder.
 * @param {string} folder
 */
function refuseLink(folder) {
  if (!lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  throw new SetUpError(
    `${folder} is a link, and an install would empty its target. Delete the link, or install the packages of this package-lock.json there.`,
  );
}

/** @param {string} root */
function install(root) {
  console.log('Installing packages (npm ci)…');
  npm(['ci', '--include=dev', '--include=optional'], { cwd: root });
}

/**
 * Names the lock file and the kind of machine: a folder shared by a container and its host fits only one of them.
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
