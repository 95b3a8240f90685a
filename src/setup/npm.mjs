// @ts-check
import { basename } from 'node:path';
import { run, SetUpError } from './run.mjs';

const COMMON = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
/** npm itself would go on trying for more than a minute where there is no network. */
const GIVE_UP_SOON = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];

/**
 * Runs npm (the one that runs us, else the one in PATH) without any install script.
 * @param {string[]} args
 * @param {{ cwd: string }} options
 */
export function npm(args, { cwd }) {
  const [file, ...before] = npmProgram();
  const all = [...before, ...args, ...COMMON, ...GIVE_UP_SOON];
  const { isOk, isMissing, output } = run(file, all, { cwd });
  if (isMissing) throw new SetUpError('npm is not found: install Node 24 together with its npm.');
  if (!isOk) throw new SetUpError(`${tail(output)}\nnpm ${args[0]} failed: ${whatToDo(output, args[0])}`);
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
function whatToDo(output, command) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|network/.test(output)) {
    return 'the package registry cannot be reached. Check the network (or a proxy), then run it again.';
  }
  if (/EUSAGE|in sync/.test(output))
    return 'package.json and package-lock.json disagree. Run "npm install", then again.';
  if (/EACCES|EPERM|EROFS/.test(output))
    return 'a folder is not yours to write. Give it back to you (chown), then run it again.';
  if (/ENOSPC/.test(output)) return 'the disk is full. Free some space, then run it again.';
  return `run "npm ${command}" by hand to see more.`;
}
