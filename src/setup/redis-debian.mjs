// @ts-check
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run, which } from './run.mjs';

/** @typedef {import('./record.d.mts').RedisRecord} RedisRecord */

const packageName = 'redis-server';
const aptOptions = ['-o', 'Acquire::Retries=1', '-o', 'Acquire::http::Timeout=20', '-o', 'APT::Update::Error-Mode=any'];

/**
 * The copy that an earlier set-up extracted from Debian's packages, or null.
 * @param {string} cache
 * @returns {RedisRecord | null}
 */
export function debianCopy(cache) {
  const folder = join(cache, 'redis');
  const path = join(folder, 'usr', 'bin', 'redis-server');
  if (!existsSync(path)) return null;
  const libraryPath = libraryFolders(folder).join(':');
  return libraryPath === '' ? { kind: 'binary', path } : { kind: 'binary', path, libraryPath };
}

/**
 * Extracts redis-server and its missing libraries from Debian's packages without installing them. It needs no root, and
 * starts no service.
 * @param {string} cache
 * @returns {{ record: RedisRecord | null, fault: string | null }}
 */
export function fetchFromDebian(cache) {
  if (which('apt-get') === null || which('dpkg') === null) return { record: null, fault: null };
  console.log("Fetching Redis from Debian's packages…");
  const draft = join(cache, `redis.${process.pid}`);
  try {
    mkdirSync(draft, { recursive: true });
    const fault = download(draft) && downloadWithOwnLists(draft, join(cache, `apt.${process.pid}`));
    return fault === null ? { record: unpack(draft, cache), fault } : { record: null, fault };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * Downloads with its own package lists. The system's lists may be old or missing (in container images), and only root
 * may update them.
 * @param {string} draft
 * @param {string} own
 */
function downloadWithOwnLists(draft, own) {
  const options = ['-o', `Dir::State::lists=${own}/lists`, '-o', `Dir::Cache=${own}/cache`];
  try {
    for (const folder of ['lists', 'cache/archives']) mkdirSync(join(own, folder, 'partial'), { recursive: true });
    const { isOk, output } = apt(['update', ...options], draft);
    return isOk ? download(draft, options) : lastError(output);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/**
 * @param {string} draft
 * @param {string[]} [options]
 * @returns {string | null} the fault, or null
 */
function download(draft, options = []) {
  const plan = apt(['install', '--simulate', '--no-install-recommends', packageName, ...options], draft);
  if (!plan.isOk) return lastError(plan.output);
  const missing = [...plan.output.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
  const names = missing.length === 0 ? [packageName, 'redis-tools'] : missing;
  const { isOk, output } = apt(['download', ...names, ...options], draft);
  return isOk ? null : lastError(output);
}

/**
 * @param {string} draft
 * @param {string} cache
 */
function unpack(draft, cache) {
  const packages = readdirSync(draft).filter((name) => name.endsWith('.deb'));
  for (const name of packages) {
    run('dpkg', ['--extract', join(draft, name), draft]);
    rmSync(join(draft, name));
  }
  rmSync(join(cache, 'redis'), { recursive: true, force: true });
  renameSync(draft, join(cache, 'redis'));
  return debianCopy(cache);
}

/**
 * Downloads as root: apt's default user may have no access to this folder.
 * @param {string[]} args
 * @param {string} cwd
 */
function apt(args, cwd) {
  return run('apt-get', [...args, ...aptOptions, '-o', 'APT::Sandbox::User=root'], { cwd, env: { LC_ALL: 'C' } });
}

/** @param {string} folder */
function libraryFolders(folder) {
  return ['usr/lib', 'lib'].flatMap((base) => {
    const path = join(folder, base);
    const names = existsSync(path) ? readdirSync(path).filter((name) => name.includes('-linux-')) : [];
    return names.map((name) => join(path, name));
  });
}

/** @param {string} output */
function lastError(output) {
  if (/resolv|Could not connect|Failed to fetch|Failed to download/i.test(output))
    return "Debian's packages cannot be reached";
  const lines = output.split('\n').filter((line) => line.startsWith('E: '));
  return `apt-get: ${(lines.at(-1) ?? output.split('\n').at(-1) ?? '').replace('E: ', '')}`;
}
