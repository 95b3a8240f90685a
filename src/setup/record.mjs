// @ts-check
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./record.d.mts').RedisRecord} RedisRecord */

/** The file that records the Redis that set-up found. */
const recordFile = fileURLToPath(new URL('../../.cache/redis.json', import.meta.url));

/**
 * The Redis that set-up found; null if the file is missing or holds no valid record.
 * @param {string} [file]
 * @returns {RedisRecord | null}
 */
export function readRedisRecord(file = recordFile) {
  try {
    return asRecord(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/**
 * Replaces the record atomically, so that a reader never sees half of it.
 * @param {RedisRecord} record
 * @param {string} [file]
 */
export function writeRedisRecord(record, file = recordFile) {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(record)}\n`);
  renameSync(draft, file);
}

/**
 * @param {any} value
 * @returns {RedisRecord | null}
 */
function asRecord(value) {
  const { kind, path, libraryPath, image } = value ?? {};
  if (kind === 'docker' && typeof image === 'string') return { kind, image };
  if (kind !== 'binary' || typeof path !== 'string') return null;
  return typeof libraryPath === 'string' ? { kind, path, libraryPath } : { kind, path };
}
