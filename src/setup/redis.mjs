// @ts-check
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readRedisRecord, writeRedisRecord } from './record.mjs';
import { debianCopy, fetchFromDebian } from './redis-debian.mjs';
import { fetchImage } from './redis-docker.mjs';
import { run, SetUpError, which } from './run.mjs';

/** @typedef {import('./record.d.mts').RedisRecord} RedisRecord */

/** BullMQ requires Redis 6.2. */
const minVersion = [6, 2];

/**
 * Finds a redis-server that the program can start, and records it in .cache/redis.json. `npm start` needs none if
 * REDIS_URL is set. The demo and the tests always start their own.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @returns {import('./set-up.mjs').Step}
 */
export function redisStep(root, env) {
  const cache = join(root, '.cache');
  const file = join(cache, 'redis.json');
  const isOptional = Boolean(env.REDIS_URL) && (env.npm_lifecycle_event ?? 'prestart') === 'prestart';
  return {
    isDone: () => isOptional || works(readRedisRecord(file)),
    run: () => writeRedisRecord(findRedis(cache), file),
  };
}

/**
 * @param {string} cache
 * @returns {RedisRecord}
 */
function findRedis(cache) {
  const found = [inPath, insideTools, debianCopy].map((find) => find(cache)).find(works);
  return found ?? fetchRedis(cache);
}

/**
 * @param {string} cache
 * @returns {RedisRecord}
 */
function fetchRedis(cache) {
  /** @type {string[]} */
  const faults = [];
  for (const fetch of [fetchFromDebian, fetchImage]) {
    const { record, fault } = fetch(cache);
    if (works(record)) return record;
    if (fault !== null) faults.push(fault);
  }
  const tried = faults.length === 0 ? '' : ` (${faults.join('; ')})`;
  throw new SetUpError(
    `No redis-server was found${tried}. Install one (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL to a running Redis.`,
  );
}

/** @returns {RedisRecord | null} */
function inPath() {
  const path = ['redis-server', 'valkey-server'].map((name) => which(name)).find((file) => file !== null);
  return path ? { kind: 'binary', path } : null;
}

/**
 * Debian's redis-tools contains the server under the name of a tool: the program behaves according to its name.
 * @param {string} cache
 * @returns {RedisRecord | null}
 */
function insideTools(cache) {
  const tool = which('redis-check-rdb');
  if (tool === null) return null;
  const folder = join(cache, 'redis-tools');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['redis-server', 'redis-check-aof']) symlinkSync(tool, join(folder, name));
  return { kind: 'binary', path: join(folder, 'redis-server') };
}

/**
 * @param {RedisRecord | null} record
 * @returns {record is RedisRecord}
 */
function works(record) {
  if (record === null) return false;
  if (record.kind === 'docker') return which('docker') !== null;
  /** @type {Record<string, string>} */
  const env = record.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: record.libraryPath };
  const { isOk, output } = run(record.path, ['--version'], { env, timeoutMs: 5000 });
  return isOk && isRecent(output);
}

/** @param {string} output for example "Redis server v=7.0.15 sha=…" */
function isRecent(output) {
  const [, major, minor] = (/v=(\d+)\.(\d+)/.exec(output) ?? []).map(Number);
  if (major === undefined || minor === undefined) return false;
  const [minMajor = 0, minMinor = 0] = minVersion;
  return major > minMajor || (major === minMajor && minor >= minMinor);
}
