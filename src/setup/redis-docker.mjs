// @ts-check
import { run, which } from './run.mjs';

/** @typedef {import('./record.d.mts').RedisRecord} RedisRecord */

const image = 'redis:8-alpine';

/**
 * Fetches Redis's official image if a Docker daemon answers.
 * @returns {{ record: RedisRecord | null, fault: string | null }}
 */
export function fetchImage() {
  if (which('docker') === null) return { record: null, fault: null };
  if (!run('docker', ['info'], { timeoutMs: 15_000 }).isOk) {
    return { record: null, fault: 'docker is installed, but its daemon does not answer' };
  }
  if (!run('docker', ['image', 'inspect', image]).isOk) {
    console.log(`Fetching Redis (docker pull ${image})…`);
    const { isOk, output } = run('docker', ['pull', '--quiet', image]);
    if (!isOk) return { record: null, fault: `docker pull ${image}: ${output.split('\n').at(-1)}` };
  }
  return { record: { kind: 'docker', image }, fault: null };
}
