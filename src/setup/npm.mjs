// @ts-check
import { basename } from 'node:path';
import { run, SetUpError } from './run.mjs';

const commonOptions = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
/** Without a network, npm by default retries for more than a minute. */
const shortRetries = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

/**
 * Runs npm without install scripts: the npm that runs this process, or else the one in PATH. Throws SetUpError.
 * @param {string[]} args
 * @param {{ cwd: string }} options
 */
export function npm(args, { cwd }) {
  const [file, ...before] = npmProgram();
  const all = [...before, ...args, ...commonOptions, ...shortRetries];
  const { isOk, isMissing, output } = run(file, all, { cwd });
  if (isMissing) throw new SetUpError('npm was not found. Install Node 24 with its npm.');
  if (!isOk) throw new SetUpError(`${tail(output)}\nnpm ${args[0]} failed: ${adviceFor(output, args[0])}`);
}

/** @returns {[string, ...string[]]} */
function npmProgram() {
  const path = process.env.npm_execpath ?? '';
  return basename(path) === 'npm-cli.js' ? [process.execPath, path] : ['npm'];
}

/** @param {string} output */
function tail(output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.includes('A complete log of this run'));
  return lines.slice(-8).join('\n');
}

/**
 * @param {string} output
 * @param {string | undefined} command
 */
function adviceFor(output, command) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network/.test(output)) {
    return 'the package registry cannot be reached. Check the network (or the proxy), then run it again.';
  }
  if (/EUSAGE|in sync/.test(output))
    return 'package.json and package-lock.json differ. Run "npm install", then run it again.';
  if (/EINTEGRITY/.test(output))
    return 'a package differs from its checksum. Do not use it, and check the registry (or the proxy) that npm uses.';
  if (/EACCES|EPERM|EROFS/.test(output))
    return 'a folder is not writable for you. Change its owner (chown), then run it again.';
  if (/ENOSPC/.test(output)) return 'the disk is full. Free some space, then run it again.';
  return `run "npm ${command}" by hand to see the whole output.`;
}
