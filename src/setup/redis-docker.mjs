// @ts-check
import { run, which } from './run.mjs';

/** @typedef {import('./record.d.mts').RedisRecord} RedisRecord */

const IMAGE = 'redis:8-alpine';

/**
 * Redis's official image, where a Docker daemon answers.
 * @returns {{ record: RedisRecord | null, fault: string | null }}
 */
export function fetchImage() {
  if (which('docker') === null) return { record: null, fault: null };
  if (!run('docker', ['info'], { timeoutMs: 15_000 }).isOk) {
    return { record: null, fault: 'docker is there, but its daemon does not answer' };
  }
  if (!run('docker', ['image', 'inspect', IMAGE]).isOk) {
    console.log(`Fetching Redis (docker pull ${IMAGE})…`);
    const { isOk, output } = run('docker', ['pull', '--quiet', IMAGE]);
    if (!isOk) return { record: null, fault: `docker pull ${IMAGE}: ${output.split('\n').at(-1)}` };
  }
  return { record: { kind: 'docker', image: IMAGE }, fault: null };
}
